"""Whether the hub knows what an operator names: a mistyped number must not pass for a known one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.app.build import Hub
    from hub.domain.case import Case
    from hub.domain.events import Draft
    from hub.domain.ids import PersonKey

TELLING: Final = ("movements.", "identity.", "children.", "consent.granted")
"""Types of records that make a person known; while one is undecided, nothing is missing yet."""

PAGE = 1_000

NO_CASE = "no case is known for this person; stored and kept until one is. Check the number"
NO_RECORD = (
    "no consent record of this number is known for this person; stored and kept until one is. "
    "Check --record-id, or withdraw everything by leaving it out"
)
NO_CHILD = (
    "no child of this id is recorded for this person; stored, and of no effect until one is. "
    "Check --child and --child-register"
)
NO_STORE = (
    "the store does not answer, so nobody could look whether a case is known; stored all the same. "
    "Check later: hub cases show REGISTER:NUMBER"
)


def doubts(hub: Hub, draft: Draft) -> list[str]:
    """Return what is unknown of all that an event names, each as a sentence without the value.

    An event is entered all the same: a freeze or a withdrawal may come before the case does.
    """
    from hub.errors import ConfigError, Retriable

    try:
        case = _case(hub, draft.person)
        if _undecided(hub, draft.person):
            return []
    except (ConfigError, Retriable):
        return [NO_STORE]
    if case is None or not _tells(case):
        return [NO_CASE]
    return list(_missing(case, draft))


def _missing(case: Case, draft: Draft) -> Iterator[str]:
    from hub.domain.events import ConsentWithdrawn, SafetyAnswered

    payload = draft.payload
    if isinstance(payload, ConsentWithdrawn) and payload.record_id is not None:
        if all(
            not (consent.known and consent.record.record_id == payload.record_id)
            for consent in case.consents
        ):
            yield NO_RECORD
    elif isinstance(payload, SafetyAnswered) and not any(
        child.child == payload.child and case.recorded(child) for child in case.children
    ):
        yield NO_CHILD


def _tells(case: Case) -> bool:
    """True if the case holds more than what was entered for a person whom nobody knew."""
    return bool(
        case.movements
        or case.episodes
        or case.closed_until
        or case.stated
        or case.referrals
        or any(consent.known for consent in case.consents)
    )


def _case(hub: Hub, person: PersonKey) -> Case | None:
    """Return the person's case as decided so far, or None."""
    import msgspec

    from hub.domain.case import Case
    from hub.pipeline.load import case_context

    stored = hub.store.views.stored_case(hub.store.views.survivor(person))
    if stored is None or stored.sealed is None or stored.data_key is None:
        return None
    key = hub.vault.unwrap(stored.tenant, [stored.data_key]).get(stored.data_key)
    if key is None:
        return None
    context = case_context(stored.tenant, stored.person)
    return msgspec.msgpack.decode(hub.sealer.open(key, context, stored.sealed), type=Case)


def _undecided(hub: Hub, person: PersonKey) -> bool:
    """True if a record that makes the person known waits in the log for the processor."""
    from hub.domain.ids import partition_of
    from hub.ports import Topic

    partition = partition_of(person, hub.log.identity().partitions)
    offset = next((p.offset for p in hub.store.positions.all() if p.partition == partition), 0)
    while found := hub.log.read(Topic.CASES, partition, offset, PAGE):
        if any(
            record.key == person and _type(hub, record.value).startswith(TELLING)
            for record in found
        ):
            return True
        offset = found[-1].offset + 1
    return False


def _type(hub: Hub, value: bytes) -> str:
    """Return the type of a record, or nothing of one that is not legible."""
    from hub.errors import Poison

    try:
        meta, _ = hub.codec.decode_record(value)
    except Poison:
        return ""
    return meta.type
