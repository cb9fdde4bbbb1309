"""The links of a comment, and what is left of it without them."""
