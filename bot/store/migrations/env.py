"""Run the migrations on the connection that `bot.store.versions` hands over."""

from alembic import context

from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can do it too, once it is the store that begins the transaction.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
