"""Which comments use somebody else's words, and whose they are."""
