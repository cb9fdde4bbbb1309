"""From when on a site is watched, when it was last read again for edits, and what the archive has to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add two columns, a table and an index in place of another."""
    op.add_column("sites", sa.Column("watched_from", sa.DateTime(timezone=True)))
    op.add_column("cursors", sa.Column("rescanned_at", sa.DateTime(timezone=True)))
    op.drop_index("ix_comments_placed_at", "comments")
    op.create_index("ix_comments_site_id_placed_at", "comments", ["site_id", "placed_at"])
    op.create_table(
        "unarchived",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("post_id", ROW_ID, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_unarchived_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unarchived"),
        sa.UniqueConstraint("post_id", "comment", name="uq_unarchived_post_id_comment"),
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_table("unarchived")
    op.drop_index("ix_comments_site_id_placed_at", "comments")
    op.create_index("ix_comments_placed_at", "comments", ["placed_at"])
    op.drop_column("cursors", "rescanned_at")
    op.drop_column("sites", "watched_from")
