"""Step 1 and 2: bytes to envelope, sealed payload to event. What is not legible is set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.decision import Ignored
from hub.domain.events import Event, Meta
from hub.errors import HubError, Poison
from hub.pipeline.work import Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.domain.ids import DataKeyId, TenantId
    from hub.ports import DataKey, EventCodec, KeyVault, LogRecord, Sealer


def event_context(meta: Meta) -> str:
    """Return the sealing context of an event's payload."""
    return f"event:{meta.tenant}:{meta.person}:{meta.event_id}:{meta.type}"


def decode(records: Sequence[LogRecord], codec: EventCodec) -> list[Work]:
    """Return one piece of work per record, with its envelope or the fault in it."""
    batch = []
    for record in records:
        work = Work(record)
        try:
            work.meta, work.sealed = codec.decode_record(record.value)
        except Poison as fault:
            work.fault = fault
        except Exception as error:  # noqa: BLE001 - whatever is wrong, it is this record's fault
            work.fault = unforeseen("decode-failed", error)
        batch.append(work)
    return batch


def unforeseen(reason: str, error: Exception) -> Poison:
    """Return the fault of a record that made the hub itself fail: its class only, no values."""
    return Poison(reason, type(error).__name__, "report this to the hub's maintainers")


def unseal(batch: Sequence[Work], vault: KeyVault, sealer: Sealer, codec: EventCodec) -> None:
    """Open every payload, with one call to the vault per tenant.

    An erased person's key is gone: such an event is ignored. Raises `Retriable` when the vault
    can't be reached: nothing of the batch is lost, it is tried again.
    """
    wanted: dict[TenantId, set[DataKeyId]] = {}
    for work in batch:
        if work.meta is not None and work.open:
            wanted.setdefault(work.meta.tenant, set()).add(work.meta.data_key)
    keys = {tenant: vault.unwrap(tenant, sorted(ids)) for tenant, ids in wanted.items()}
    for work in batch:
        if work.meta is None or not work.open:
            continue
        meta = work.meta
        found = keys[meta.tenant]
        if meta.data_key not in found:
            work.fault = Poison(
                "unknown-data-key", "data_key", "restore the vault that holds this key, then replay"
            )
            continue
        key = found[meta.data_key]
        if key is None:
            work.ignored = Ignored.ERASED.value
            continue
        try:
            work.event = _open(work, meta, key, sealer, codec)
        except Poison as fault:
            work.fault = fault
        except HubError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            work.fault = unforeseen("decode-failed", error)


def _open(work: Work, meta: Meta, key: DataKey, sealer: Sealer, codec: EventCodec) -> Event:
    if key.person != meta.person:
        raise Poison("seal-broken", "data_key", "the data key belongs to somebody else")
    plain = sealer.open(key, event_context(meta), work.sealed)
    return Event(meta=meta, payload=codec.decode_payload(meta.type, plain))
