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


def _where(name: str, condition: str, *columns: str) -> Index:
    """Return an index of the rows that a condition holds of."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


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

# `resolved_at` and `resolved_reason` are what the rules say, whatever a moderator decided. `state` is what both come
# to: open, quiet, resolved, confirmed, dismissed or snoozed. `quiet_reason` is trial, allowance or threshold;
# `decided_at` is the time of the decision that stands, `snoozed_until` that of its end.
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
    Column("state", String(16), nullable=False, server_default="open"),
    Column("quiet_reason", String(16)),
    Column("allowance_id", RowId),
    Column("decided_at", Moment),
    Column("snoozed_until", Moment),
    UniqueConstraint("site_id", "key"),
    Index(None, "comment_id"),
    # The queue's: with the confidence in them, what is less sure is passed over without a look at its row.
    Index(None, "state", "id", "confidence"),
    Index(None, "state", "rule", "id", "confidence"),
    Index(None, "site_id", "state", "id", "confidence"),
    Index(None, "site_id", "state", "rule", "id", "confidence"),
    Index(None, "found_at", "id"),
    _where("ix_findings_decided", "decided_at IS NOT NULL", "site_id", "rule", "decided_at", "state", "confidence"),
    _where("ix_findings_snoozed", "snoozed_until IS NOT NULL", "snoozed_until"),
    _where("ix_findings_resolved", "state = 'resolved'", "site_id", "resolved_at"),
    _where("ix_findings_allowed", "allowance_id IS NOT NULL", "allowance_id"),
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

# `verdict` is confirmed, dismissed, snoozed, note or undone; the last one names the decision that it `undoes`.
# `revision` is the hash of the comment that was decided on, `link` the hash of the mail's link that it was decided by.
decisions = Table(
    "decisions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("finding_id", ForeignKey("findings.id"), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("moderator", Words),
    Column("note", Words),
    Column("decided_at", Moment, nullable=False),
    Column("reason", String(24)),
    Column("until", Moment),
    Column("revision", String(32)),
    Column("undoes", RowId),
    Column("link", String(32)),
    Index(None, "finding_id"),
)

# What is never to be told: of a `rule`, or of all ('*'), by an author, in a thread or in these words (`kind`).
allowances = Table(
    "allowances",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("rule", Words, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("value", Words, nullable=False),
    Column("moderator", Words),
    Column("note", Words),
    Column("decision_id", ForeignKey("decisions.id")),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("site_id", "rule", "kind", "value"),
    Index(None, "decision_id"),
)

# Findings under `least` are kept quiet. Where a precision is `wanted` the decisions set it, else a moderator did.
thresholds = Table(
    "thresholds",
    metadata,
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("rule", Words, primary_key=True),
    Column("least", Float, nullable=False),
    Column("wanted", Float),
    Column("confirmed", Integer, nullable=False),
    Column("dismissed", Integer, nullable=False),
    Column("moderator", Words),
    Column("set_at", Moment, nullable=False),
)

# What is done at a site: written down before it is sent. `outcome` is null while it waits, then unknown until it is
# done or refused, or dropped before it was sent. `text` goes once it has ended.
actions = Table(
    "actions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("finding_id", ForeignKey("findings.id")),
    Column("decision_id", ForeignKey("decisions.id")),
    Column("key", String(64), nullable=False),
    Column("verb", String(16), nullable=False),
    Column("comment", Words, nullable=False),
    Column("text", Words),
    Column("outcome", String(16)),
    Column("error", Words),
    Column("tries", Integer, nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("begun_at", Moment),
    Column("ended_at", Moment),
    UniqueConstraint("site_id", "key"),
    Index(None, "decision_id"),
    Index(None, "finding_id"),
    Index(None, "site_id", "begun_at"),
    _where("ix_actions_waiting", "ended_at IS NULL", "site_id", "id"),
)

# Who did what: no words of comments, only numbers and keys.
audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", Words),
    Column("what", String(32), nullable=False),
    Column("site_id", ForeignKey("sites.id")),
    Column("finding_id", ForeignKey("findings.id")),
    Column("detail", JSON(none_as_null=True)),
    Index(None, "site_id", "id"),
    Index(None, "finding_id"),
)

# Keys that sign links and sessions, made once.
keys = Table(
    "keys",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(64), nullable=False),
    Column("made_at", Moment, nullable=False),
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
    _where("ix_outbox_waiting", "sent_at IS NULL", "site_id", "id"),
)

# A mail is one message to one moderator by one channel. What it says is kept until it is sent: a second try must not
# say anything else. None is what was sent, and what has to be worded anew because a comment in it was deleted.
mails = Table(
    "mails",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("moderator", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("findings", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("content", Words),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("error", Words),
    Index(None, "moderator", "site_id", "made_at"),
    Index(None, "site_id", "state"),
    _where("ix_mails_waiting", "state = 'waiting'", "next_try_at"),
)

# Which mail told which moderator of which finding.
deliveries = Table(
    "deliveries",
    metadata,
    Column("mail_id", ForeignKey("mails.id"), primary_key=True),
    Column("finding_id", ForeignKey("findings.id"), primary_key=True),
    Column("moderator", Words, nullable=False),
    Index(None, "finding_id", "moderator"),
)

# Until when a moderator's digests are made.
digest_runs = Table(
    "digest_runs",
    metadata,
    Column("moderator", Words, primary_key=True),
    Column("made_until", Moment, nullable=False),
)

# Who wants no more mails, of one site or, with none, of any.
unsubscribed = Table(
    "unsubscribed",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("moderator", Words, nullable=False),
    Column("site_id", ForeignKey("sites.id")),
    Column("at", Moment, nullable=False),
    Index(None, "moderator"),
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

# The review page's accounts; `sites` is a list of names, null for all of them.
users = Table(
    "users",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("password", Words, nullable=False),
    Column("role", String(16), nullable=False),
    Column("sites", JSON(none_as_null=True)),
    Column("language", String(16)),
    Column("added_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)

# Tokens are kept as hashes: who reads the store cannot act for anybody.
sessions = Table(
    "sessions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index(None, "user_id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("name", Words),
    Column("role", String(16), nullable=False),
    Column("sites", JSON(none_as_null=True)),
    Column("expires_at", Moment, nullable=False),
)

# Tries to log in that failed, for as long as they count.
attempts = Table(
    "attempts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("tried_at", Moment, nullable=False),
    Index(None, "address", "tried_at"),
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
