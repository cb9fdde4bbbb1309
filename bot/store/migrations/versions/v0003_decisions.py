"""What moderators decide and what comes of it: states of findings, allowances, thresholds, actions, audit and keys."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

INDEXES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("findings", ("state", "id", "confidence")),
    ("findings", ("state", "rule", "id", "confidence")),
    ("findings", ("site_id", "state", "id", "confidence")),
    ("findings", ("site_id", "state", "rule", "id", "confidence")),
    ("findings", ("found_at", "id")),
    ("allowances", ("decision_id",)),
    ("actions", ("decision_id",)),
    ("actions", ("finding_id",)),
    ("actions", ("site_id", "begun_at")),
    ("audit", ("site_id", "id")),
    ("audit", ("finding_id",)),
)
PARTIAL: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("findings", "decided", "decided_at IS NOT NULL", ("site_id", "rule", "decided_at", "state", "confidence")),
    ("findings", "snoozed", "snoozed_until IS NOT NULL", ("snoozed_until",)),
    ("findings", "allowed", "allowance_id IS NOT NULL", ("allowance_id",)),
    ("actions", "waiting", "ended_at IS NULL", ("site_id", "id")),
)
OPEN = ("ix_findings_open", "findings", ["site_id", "id"])
OF_FINDINGS = ("state", "quiet_reason", "allowance_id", "decided_at", "snoozed_until")
OF_DECISIONS = ("reason", "until", "revision", "undoes", "link")
TABLES = ("actions", "audit", "allowances", "thresholds", "keys")

LAST = "SELECT {} FROM decisions WHERE finding_id = findings.id ORDER BY id DESC LIMIT 1"


def upgrade() -> None:
    """Add columns, tables and indexes, and tell what the rules resolved from what a moderator decided."""
    for column in (
        sa.Column("state", sa.String(length=16), nullable=False, server_default="open"),
        sa.Column("quiet_reason", sa.String(length=16)),
        sa.Column("allowance_id", ROW_ID),
        sa.Column("decided_at", MOMENT),
        sa.Column("snoozed_until", MOMENT),
    ):
        op.add_column("findings", column)
    for column in (
        sa.Column("reason", sa.String(length=24)),
        sa.Column("until", MOMENT),
        sa.Column("revision", sa.String(length=32)),
        sa.Column("undoes", ROW_ID),
        sa.Column("link", sa.String(length=32)),
    ):
        op.add_column("decisions", column)
    op.execute(f"UPDATE findings SET decided_at = ({LAST.format('decided_at')})")  # noqa: S608  # our own names
    op.execute(
        f"UPDATE findings SET state = CASE WHEN decided_at IS NOT NULL THEN ({LAST.format('verdict')}) "  # noqa: S608
        "WHEN resolved_at IS NOT NULL THEN 'resolved' WHEN quiet THEN 'quiet' ELSE 'open' END"
    )
    op.execute("UPDATE findings SET resolved_at = NULL, resolved_reason = NULL WHERE resolved_reason = 'moderator'")
    op.execute("UPDATE findings SET quiet_reason = 'trial' WHERE quiet")
    op.create_table(
        "allowances",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("moderator", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("decision_id", ROW_ID),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_allowances_decision_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_allowances_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_allowances"),
        sa.UniqueConstraint("site_id", "rule", "kind", "value", name="uq_allowances_site_id_rule_kind_value"),
    )
    op.create_table(
        "thresholds",
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("least", sa.Float(), nullable=False),
        sa.Column("wanted", sa.Float()),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("dismissed", sa.Integer(), nullable=False),
        sa.Column("moderator", sa.Text()),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_thresholds_site_id"),
        sa.PrimaryKeyConstraint("site_id", "rule", name="pk_thresholds"),
    )
    op.create_table(
        "actions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("finding_id", ROW_ID),
        sa.Column("decision_id", ROW_ID),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("outcome", sa.String(length=16)),
        sa.Column("error", sa.Text()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("begun_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_actions_decision_id"),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name="fk_actions_finding_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_actions_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_actions"),
        sa.UniqueConstraint("site_id", "key", name="uq_actions_site_id_key"),
    )
    op.create_table(
        "audit",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.Text()),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("site_id", ROW_ID),
        sa.Column("finding_id", ROW_ID),
        sa.Column("detail", sa.JSON()),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name="fk_audit_finding_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_audit_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_table(
        "keys",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_keys"),
    )
    op.drop_index("ix_findings_open", "findings")
    for table, columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    for table, name, condition, columns in PARTIAL:
        where = sa.text(condition)
        op.create_index(f"ix_{table}_{name}", table, list(columns), sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take them back; of decisions only what confirmed and dismissed stays."""
    op.execute(
        "UPDATE findings SET resolved_at = COALESCE(resolved_at, decided_at), resolved_reason = 'moderator' "
        "WHERE state IN ('confirmed', 'dismissed')"
    )
    for table, name, _, _ in PARTIAL:
        op.drop_index(f"ix_{table}_{name}", table)
    for table, columns in INDEXES:
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    for table in TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM decisions WHERE id IN (SELECT undoes FROM decisions WHERE undoes IS NOT NULL)")
    op.execute("DELETE FROM decisions WHERE verdict NOT IN ('confirmed', 'dismissed')")
    for name in OF_DECISIONS:
        op.drop_column("decisions", name)
    for name in OF_FINDINGS:
        op.drop_column("findings", name)
    where = sa.text("resolved_at IS NULL")
    op.create_index(*OPEN, sqlite_where=where, postgresql_where=where)
