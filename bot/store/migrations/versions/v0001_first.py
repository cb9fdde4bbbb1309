"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sites",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
        sa.UniqueConstraint("name", name="uq_sites_name"),
    )
    op.create_table(
        "cursors",
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("moved_at", MOMENT),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_cursors_site_id"),
        sa.PrimaryKeyConstraint("site_id", name="pk_cursors"),
    )
    op.create_table(
        "not_evaluated",
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_not_evaluated_site_id"),
        sa.PrimaryKeyConstraint("site_id", "platform_id", "rule", name="pk_not_evaluated"),
    )
    op.create_table(
        "polls",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_polls_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_polls"),
    )
    op.create_index("ix_polls_site_id_started_at", "polls", ["site_id", "started_at"])
    op.create_table(
        "posts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=32)),
        sa.Column("title", sa.Text()),
        sa.Column("author", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("posted_at", MOMENT),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_posts_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.UniqueConstraint("site_id", "platform_id", name="uq_posts_site_id_platform_id"),
    )
    op.create_table(
        "comments",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("post_id", ROW_ID, nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text()),
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("author", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("posted_at", MOMENT),
        sa.Column("edited_at", MOMENT),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT),
        sa.Column("deleted_at", MOMENT),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_comments_post_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_comments_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.UniqueConstraint("site_id", "platform_id", name="uq_comments_site_id_platform_id"),
    )
    op.create_index("ix_comments_placed_at", "comments", ["placed_at"])
    op.create_index("ix_comments_post_id_placed_at", "comments", ["post_id", "placed_at"])
    op.create_index("ix_comments_site_id_author", "comments", ["site_id", "author"])
    op.create_table(
        "findings",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("source", sa.JSON()),
        sa.Column("suggestion", sa.Text()),
        sa.Column("ruleset", sa.String(length=16), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT),
        sa.Column("resolved_reason", sa.String(length=16)),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name="fk_findings_comment_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_findings_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_findings"),
        sa.UniqueConstraint("site_id", "key", name="uq_findings_site_id_key"),
    )
    op.create_index("ix_findings_comment_id", "findings", ["comment_id"])
    op.create_index(
        "ix_findings_open",
        "findings",
        ["site_id", "id"],
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "decisions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("finding_id", ROW_ID, nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("moderator", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name="fk_decisions_finding_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_finding_id", "decisions", ["finding_id"])
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("finding_id", ROW_ID, nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name="fk_outbox_finding_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_outbox_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("finding_id", name="uq_outbox_finding_id"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["site_id", "id"],
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
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
