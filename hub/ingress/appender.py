"""From drafts to durable records: stamped by the hub's clock, sealed, in the right partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from hub.domain.events import Draft, Meta
from hub.domain.ids import DataKeyId, PersonKey, TenantId, partition_of
from hub.errors import Poison
from hub.ports import Clock, DataKey, EventCodec, EventLog, KeyVault, NewRecord, Sealer, Topic

AHEAD: Final = timedelta(hours=24)
"""How far ahead of the hub's clock a source may place an event: time zones and slow clocks."""

_NO_KEY: Final = DataKeyId("none")
"""Stands for the data key while a draft is only tried: asking the vault would make one."""


class Appended(NamedTuple):
    """What became of one draft. `erased`: the person was erased, nothing was appended."""

    event_id: UUID
    person: PersonKey
    recorded_at: datetime
    erased: bool = False


class Appender:
    """The one writer of the cases topic (rule 2 of the spine). Safe to use from several threads."""

    def __init__(
        self, *, clock: Clock, vault: KeyVault, sealer: Sealer, codec: EventCodec, log: EventLog
    ) -> None:
        self._clock = clock
        self._vault = vault
        self._sealer = sealer
        self._codec = codec
        self._log = log
        self._partitions: int | None = None

    def fault(self, draft: Draft) -> Poison | None:
        """Return why a draft can't be appended, for callers that put good ones through alone.

        It is encoded as it would be, so that the codec's word is heard before anything is written.
        """
        now = self._clock.now()
        try:
            _require_past(draft, now)
            payload = self._codec.encode_payload(draft.payload)
            self._codec.encode_record(_meta(draft, _NO_KEY, now), payload)
        except Poison as poison:
            return poison
        return None

    def append(self, drafts: Sequence[Draft]) -> list[Appended]:
        """Append all drafts and return once they are durable, one result each, in order.

        All or nothing, but for erased persons: their drafts are left out and said so. Raises
        `Poison` (`future-event`, or what the codec refuses) and `Retriable` (vault or log) with
        nothing appended.
        """
        now = self._clock.now()
        for draft in drafts:
            _require_past(draft, now)
        keys = self._keys(drafts)
        results: list[Appended] = []
        records: list[NewRecord] = []
        for draft in drafts:
            key = keys[draft.tenant, draft.person]
            results.append(Appended(draft.event_id, draft.person, now, erased=key is None))
            if key is not None:
                records.append(self._record(draft, key, now))
        if records:
            self._log.append(Topic.CASES, records)
        return results

    def _keys(self, drafts: Sequence[Draft]) -> dict[tuple[TenantId, PersonKey], DataKey | None]:
        """Return every person's data key: one call to the vault per tenant."""
        persons: defaultdict[TenantId, dict[PersonKey, None]] = defaultdict(dict)
        for draft in drafts:
            persons[draft.tenant][draft.person] = None
        return {
            (tenant, person): key
            for tenant, wanted in persons.items()
            for person, key in self._vault.get_or_create(tenant, list(wanted)).items()
        }

    def _record(self, draft: Draft, key: DataKey, now: datetime) -> NewRecord:
        """Return the record of one draft, its payload sealed under the person's key."""
        context = f"event:{draft.tenant}:{draft.person}:{draft.event_id}:{draft.type}"
        sealed = self._sealer.seal(key, context, self._codec.encode_payload(draft.payload))
        return NewRecord(
            partition=partition_of(draft.person, self._partition_count()),
            key=draft.person,
            value=self._codec.encode_record(_meta(draft, key.key_id, now), sealed),
        )

    def _partition_count(self) -> int:
        """Return the log's partition count, which is fixed at its creation."""
        if self._partitions is None:
            self._partitions = self._log.identity().partitions
        return self._partitions


def _require_past(draft: Draft, now: datetime) -> None:
    """Raise `Poison` for an event that lies further ahead than clocks differ."""
    if draft.occurred_at > now + AHEAD:
        raise Poison(
            "future-event", "occurred_at", "more than 24 hours ahead: check the sender's clock"
        )


def _meta(draft: Draft, data_key: DataKeyId, now: datetime) -> Meta:
    """Return the envelope of a draft."""
    return Meta(
        event_id=draft.event_id,
        type=draft.type,
        tenant=draft.tenant,
        source=draft.source,
        namespace=draft.namespace,
        occurred_at=draft.occurred_at,
        recorded_at=now,
        person=draft.person,
        data_key=data_key,
        causation_id=draft.causation_id,
        correlation_id=draft.correlation_id,
    )
