"""Saved threads: pages, exports and dumps, read without a network."""
