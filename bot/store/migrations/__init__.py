"""The migrations, one a version; alembic runs them."""
