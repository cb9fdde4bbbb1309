"""The mails to moderators, which finding each told of, until when digests are made, and who wants none."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; nothing has written to the one that was kept for deliveries."""
    op.drop_table("deliveries")
    op.create_table(
        "mails",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("moderator", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("content", sa.Text()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_mails_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.UniqueConstraint("message_id", name="uq_mails_message_id"),
    )
    op.create_index("ix_mails_moderator_site_id_made_at", "mails", ["moderator", "site_id", "made_at"])
    op.create_index("ix_mails_site_id_state", "mails", ["site_id", "state"])
    is_waiting = sa.text("state = 'waiting'")
    op.create_index("ix_mails_waiting", "mails", ["next_try_at"], sqlite_where=is_waiting, postgresql_where=is_waiting)
    op.create_table(
        "deliveries",
        sa.Column("mail_id", ROW_ID, nullable=False),
        sa.Column("finding_id", ROW_ID, nullable=False),
        sa.Column("moderator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_deliveries_mail_id"),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name="fk_deliveries_finding_id"),
        sa.PrimaryKeyConstraint("mail_id", "finding_id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_finding_id_moderator", "deliveries", ["finding_id", "moderator"])
    op.create_table(
        "digest_runs",
        sa.Column("moderator", sa.Text(), nullable=False),
        sa.Column("made_until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("moderator", name="pk_digest_runs"),
    )
    op.create_table(
        "unsubscribed",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("moderator", sa.Text(), nullable=False),
        sa.Column("site_id", ROW_ID),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_unsubscribed_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unsubscribed"),
    )
    op.create_index("ix_unsubscribed_moderator", "unsubscribed", ["moderator"])
    is_resolved = sa.text("state = 'resolved'")
    op.create_index(
        "ix_findings_resolved",
        "findings",
        ["site_id", "resolved_at"],
        sqlite_where=is_resolved,
        postgresql_where=is_resolved,
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_index("ix_findings_resolved", "findings")
    for table in ("unsubscribed", "digest_runs", "deliveries", "mails"):
        op.drop_table(table)
    op.create_table(
        "deliveries",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("outbox_id", ROW_ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name="fk_deliveries_outbox_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("outbox_id", "channel", "recipient", name="uq_deliveries_outbox_id_channel_recipient"),
    )
