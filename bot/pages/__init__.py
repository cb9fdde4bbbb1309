"""The pages that comments link to: fetched with care, kept for a while, and read as text."""
