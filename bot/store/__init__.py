"""The store: what the daemon knows of sites, posts, comments and findings, in SQLite or PostgreSQL."""
