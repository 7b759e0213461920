"""First tables of the case store."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only in a column of exactly its own type.
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _control()
    _cases()
    _outbox()
    _owed()
    _intake()
    _log()


def _control() -> None:
    """Make what an operator stops, leases, and the versions of policy and directory."""
    op.create_table(
        "brakes",
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lift_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_brakes"),
    )
    op.create_index(
        "ix_brakes_active",
        "brakes",
        ["tenant"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "halts",
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("partition", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("resumed_at", sa.BigInteger(), nullable=True),
        sa.Column("resume_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_halts"),
    )
    op.create_table(
        "leases",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_leases"),
    )
    op.create_table(
        "policies",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("active_from", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "version", name="pk_policies"),
        sa.UniqueConstraint("tenant", "content_hash", name="uq_policies_tenant_content_hash"),
    )
    op.create_table(
        "directories",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("active_from", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "version", name="pk_directories"),
        sa.UniqueConstraint("tenant", "content_hash", name="uq_directories_tenant_content_hash"),
    )


def _cases() -> None:
    """Make the sealed case, its closed stays, the index from child to case."""
    op.create_table(
        "cases",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("data_key", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("alias_of", sa.String(), nullable=True),
        sa.CheckConstraint("length(person) = 64", name="ck_cases_person_pseudonym"),
        sa.PrimaryKeyConstraint("person", name="pk_cases"),
    )
    op.create_index("ix_cases_alias_of", "cases", ["alias_of"], unique=False)
    op.create_table(
        "child_index",
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.CheckConstraint("length(child) = 64", name="ck_child_index_child_pseudonym"),
        sa.CheckConstraint("length(person) = 64", name="ck_child_index_person_pseudonym"),
        sa.PrimaryKeyConstraint("child", "person", name="pk_child_index"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "closed_episodes",
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("data_key", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("episode_id", name="pk_closed_episodes"),
    )
    op.create_index("ix_closed_episodes_person", "closed_episodes", ["person"], unique=False)


def _outbox() -> None:
    """Make what is to be sent, intents and attempts."""
    op.create_table(
        "outbox",
        sa.Column("send_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("content_version", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("idempotency_id", sa.Uuid(), nullable=False),
        sa.Column("order_key", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("retraction", sa.String(), nullable=True),
        sa.Column("retraction_reason", sa.String(), nullable=True),
        sa.Column("data_key", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("denied", sa.Text(), nullable=True),
        sa.Column("last_intent", sa.Uuid(), nullable=True),
        sa.CheckConstraint("length(child) = 64", name="ck_outbox_child_pseudonym"),
        sa.CheckConstraint("length(person) = 64", name="ck_outbox_person_pseudonym"),
        sa.PrimaryKeyConstraint("send_id", name="pk_outbox"),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("state = 'ready'"),
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_index("ix_outbox_order", "outbox", ["order_key", "place"], unique=False)
    op.create_index("ix_outbox_person", "outbox", ["person", "state"], unique=False)
    op.create_index("ix_outbox_referral", "outbox", ["referral_id"], unique=False)
    op.create_table(
        "intents",
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("send_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("lifetime_s", sa.Double(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("consents", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["send_id"], ["outbox.send_id"], name="fk_intents_send_id"),
        sa.PrimaryKeyConstraint("intent_id", name="pk_intents"),
    )
    op.create_index("ix_intents_send_id", "intents", ["send_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("send_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("latency_ms", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["intent_id"], ["intents.intent_id"], name="fk_attempts_intent_id"),
        sa.PrimaryKeyConstraint("intent_id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_send_id", "attempts", ["send_id"], unique=False)


def _owed() -> None:
    """Make due events, tasks, look-ups, withheld referrals."""
    op.create_table(
        "due_events",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("appended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name="pk_due_events"),
    )
    op.create_index("ix_due_events_due", "due_events", ["appended_at", "due_at"], unique=False)
    op.create_index("ix_due_events_event_id", "due_events", ["event_id"], unique=False)
    op.create_index("ix_due_events_person", "due_events", ["person"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", name="pk_tasks"),
    )
    op.create_index(
        "ix_tasks_open",
        "tasks",
        ["person"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "lookups",
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("data_key", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("lookup_id", name="pk_lookups"),
    )
    op.create_index("ix_lookups_next_try_at", "lookups", ["next_try_at"], unique=False)
    op.create_index("ix_lookups_person", "lookups", ["person"], unique=False)
    op.create_table(
        "withheld",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "child", "purpose", name="pk_withheld"),
        sqlite_with_rowid=False,
    )


def _intake() -> None:
    """Make inbox, outcomes, dead letters, positions."""
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_inbox"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outcomes",
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(), nullable=True),
        sa.Column("tenant", sa.String(), nullable=True),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partition", "offset", name="pk_outcomes"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outcomes_event_id", "outcomes", ["event_id"], unique=False)
    op.create_table(
        "dead_letters",
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("partition", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(), nullable=True),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("field_path", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("data_key", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("other", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("replayed_at", sa.BigInteger(), nullable=True),
        sa.Column("replayed_offset", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("discard_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("letter_id", name="pk_dead_letters"),
    )
    op.create_index(
        "ix_dead_letters_event",
        "dead_letters",
        ["event_id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_dead_letters_held",
        "dead_letters",
        ["person"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_dead_letters_held_other",
        "dead_letters",
        ["other"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_dead_letters_replayed",
        "dead_letters",
        ["partition", "replayed_offset"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND replayed_offset IS NOT NULL"),
        postgresql_where=sa.text("state = 'open' AND replayed_offset IS NOT NULL"),
    )
    op.create_table(
        "positions",
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("cluster_id", sa.String(), nullable=False),
        sa.Column("topic_id", sa.String(), nullable=False),
        sa.Column("resumed_offset", sa.BigInteger(), nullable=False),
        sa.Column("initialised_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("partition", name="pk_positions"),
    )
    op.create_table(
        "partition_views",
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("caught_up_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partition", name="pk_partition_views"),
    )


def _log() -> None:
    """Make the decision log and what the relay has yet to publish."""
    op.create_table(
        "decision_log",
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("refs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_decision_log"),
        sa.UniqueConstraint("person", "fact_id", name="uq_decision_log_person_fact_id"),
    )
    op.create_table(
        "relay_marks",
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person", "fact_id"],
            ["decision_log.person", "decision_log.fact_id"],
            name="fk_relay_marks_person_fact_id",
        ),
        sa.PrimaryKeyConstraint("fact_id", name="pk_relay_marks"),
    )
