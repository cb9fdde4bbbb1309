"""The review page: where moderators see findings with their evidence and decide, in a browser."""
