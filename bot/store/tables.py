"""The tables. A change here wants a migration beside the others: a test compares the two."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from bot.store.types import Moment, RowId, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Comments posted before `watched_from` are context for the others, and are not judged.
sites = Table(
    "sites",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("added_at", Moment, nullable=False),
    Column("watched_from", Moment),
)

# Apart from the sites, so that what moves at every page is a narrow row.
cursors = Table(
    "cursors",
    metadata,
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("value", Words, nullable=False),
    Column("moved_at", Moment),
    Column("rescanned_at", Moment),
    # How many pages were taken: two polls that read from one place cannot both be the next.
    Column("pages", BigInteger, nullable=False, server_default="0"),
)

# A post without a hash is one that comments named and nobody has seen.
posts = Table(
    "posts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("platform_id", Words, nullable=False),
    Column("hash", String(32)),
    Column("title", Words),
    Column("author", Words),
    Column("body", Words, nullable=False),
    Column("format", Words, nullable=False),
    Column("url", Words),
    Column("posted_at", Moment),
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("site_id", "platform_id"),
)

# `placed_at` is the time that a comment stands at in its thread: when it was posted, else when it was first seen.
comments = Table(
    "comments",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("post_id", ForeignKey("posts.id"), nullable=False),
    Column("platform_id", Words, nullable=False),
    Column("parent_id", Words),
    Column("hash", String(32), nullable=False),
    Column("author", Words),
    Column("body", Words, nullable=False),
    Column("format", Words, nullable=False),
    Column("url", Words),
    Column("status", Words),
    Column("posted_at", Moment),
    Column("edited_at", Moment),
    Column("placed_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("changed_at", Moment),
    Column("deleted_at", Moment),
    Column("forgotten", Boolean, nullable=False),
    UniqueConstraint("site_id", "platform_id"),
    Index(None, "post_id", "placed_at"),
    Index(None, "site_id", "author"),
    Index(None, "site_id", "placed_at"),
)

findings = Table(
    "findings",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("comment_id", ForeignKey("comments.id"), nullable=False),
    Column("key", String(16), nullable=False),
    Column("rule", Words, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("excerpt", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("source", JSON(none_as_null=True)),
    Column("suggestion", Words),
    Column("ruleset", String(16), nullable=False),
    Column("quiet", Boolean, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("resolved_reason", String(16)),
    UniqueConstraint("site_id", "key"),
    Index(None, "comment_id"),
    Index(
        "ix_findings_open",
        "site_id",
        "id",
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    ),
)

# What the archive, a file of its own, has still to be told: comments that are new, changed or gone; '' is the post.
unarchived = Table(
    "unarchived",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("post_id", ForeignKey("posts.id"), nullable=False),
    Column("comment", Words, nullable=False),
    UniqueConstraint("post_id", "comment"),
)

# By the platform's id: what is set aside before it is stored has no row to point at.
not_evaluated = Table(
    "not_evaluated",
    metadata,
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("platform_id", Words, primary_key=True),
    Column("rule", Words, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("noted_at", Moment, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("finding_id", ForeignKey("findings.id"), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("moderator", Words),
    Column("note", Words),
    Column("decided_at", Moment, nullable=False),
    Index(None, "finding_id"),
)

# One row a finding, for ever: what has been told once is not told again.
outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("finding_id", ForeignKey("findings.id"), nullable=False, unique=True),
    Column("queued_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Index(
        "ix_outbox_waiting",
        "site_id",
        "id",
        sqlite_where=text("sent_at IS NULL"),
        postgresql_where=text("sent_at IS NULL"),
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("outbox_id", ForeignKey("outbox.id"), nullable=False),
    Column("channel", Words, nullable=False),
    Column("recipient", Words, nullable=False),
    Column("delivered_at", Moment, nullable=False),
    UniqueConstraint("outbox_id", "channel", "recipient"),
)

polls = Table(
    "polls",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("comments", Integer, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("error", Words),
    Index(None, "site_id", "started_at"),
)

# When each site is polled next, and how it fared, for many workers; one process keeps that in memory.
schedule = Table(
    "schedule",
    metadata,
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("host", Words, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("is_open", Boolean, nullable=False, server_default=false()),
    Column("lag_seconds", Float, nullable=False, server_default="0"),
    Index(None, "host", "due_at"),
    Index(None, "due_at"),
)

# How much each host may be asked by all workers together: a bucket of tokens, below zero what was promised ahead.
hosts = Table(
    "hosts",
    metadata,
    Column("name", Words, primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("refilled_at", Moment, nullable=False),
    Column("quiet_until", Moment),
)

# When work that is due at times of day is done next.
timed = Table(
    "timed",
    metadata,
    Column("name", Words, primary_key=True),
    Column("due_at", Moment, nullable=False),
)

# One row: the oldest version of the store whose programs may still work on it, and since when no poll is begun.
store_state = Table(
    "store_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("oldest", String(4), nullable=False),
    Column("draining_since", Moment),
)
