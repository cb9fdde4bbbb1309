"""Passages of somebody else's words: where they are, whose they are, and whether the comment says so."""
