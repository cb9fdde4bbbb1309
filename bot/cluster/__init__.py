"""Many workers over one PostgreSQL: Procrastinate gives out the polls, the store's cursors keep them right."""
