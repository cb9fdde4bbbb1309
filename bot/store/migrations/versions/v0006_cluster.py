"""What many workers share: due times, hosts, times of day, and how old a program may be.

It only adds, and what it adds has defaults: a program of the version before works on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add a column and four tables."""
    op.add_column("cursors", sa.Column("pages", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "schedule",
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("is_open", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("lag_seconds", sa.Float(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_schedule_site_id"),
        sa.PrimaryKeyConstraint("site_id", name="pk_schedule"),
    )
    op.create_index("ix_schedule_host_due_at", "schedule", ["host", "due_at"])
    op.create_index("ix_schedule_due_at", "schedule", ["due_at"])
    op.create_table(
        "hosts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("refilled_at", MOMENT, nullable=False),
        sa.Column("quiet_until", MOMENT),
        sa.PrimaryKeyConstraint("name", name="pk_hosts"),
    )
    op.create_table(
        "timed",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_timed"),
    )
    state = op.create_table(
        "store_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("oldest", sa.String(length=4), nullable=False),
        sa.Column("draining_since", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_store_state"),
    )
    # Programs that came before know nothing of this table, and refuse a newer store in any case.
    op.bulk_insert(state, [{"id": 1, "oldest": revision}])


def downgrade() -> None:
    """Take them back."""
    op.drop_table("store_state")
    op.drop_table("timed")
    op.drop_table("hosts")
    op.drop_table("schedule")
    op.drop_column("cursors", "pages")
