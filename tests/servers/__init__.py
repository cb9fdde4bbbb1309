"""Small servers on loopback that speak a platform's documented form over a board."""
