"""Subjects in a schema registry: `<topic>-<full record name>` (TopicRecordNameStrategy).

One topic carries many record types, so the topic alone does not name a schema, and the record alone
would tie topics to one another that evolve apart.
"""

from __future__ import annotations

from hub.codec.files import RecordSchema
from hub.ports import Topic

_TOPICS = {"referrals": Topic.REFERRAL_FACTS.value, "dead_letters": "dead-letters"}


def subject_of(schema: RecordSchema, topic_prefix: str = "") -> str:
    """Return the subject of a schema; `topic_prefix` begins every topic of an installation."""
    context = schema.record.partition(".")[0]
    return f"{topic_prefix}{_TOPICS.get(context, Topic.CASES.value)}-{schema.name}"
