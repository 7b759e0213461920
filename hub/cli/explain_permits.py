"""What the permit said last of each message, and of each referral not made, with its grounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hub.ports import FactRow
    from hub.store.view_rows import IntentView, SendView, WithheldView

Rows = list[dict[str, Any]]


def permits(
    sends: Sequence[SendView],
    intents: Sequence[IntentView],
    withheld: Sequence[WithheldView],
    facts: Iterable[FactRow],
) -> Rows:
    """Return one row for each message and each referral not made.

    `result` is allowed, denied, withheld, or "not asked yet"; `reasons` are all against it,
    `consents` the records it rests on (none unless allowed), `policy` the version that was asked.
    `facts` are the persons' lines of the decision log, oldest first.
    """
    from hub.domain.decision import FactKind

    latest = {row.send_id: row for row in intents}
    denials: dict[str, FactRow] = {}
    refusals: dict[tuple[str, str | None], FactRow] = {}
    for fact in facts:
        if fact.fact.kind is FactKind.PERMIT_DENIED:
            denials[fact.fact.refs.get("send", "")] = fact
        elif fact.fact.kind is FactKind.WITHHELD:
            refusals[fact.fact.subject, fact.fact.refs.get("purpose")] = fact
    return [
        _of_message(row, latest.get(row.send_id), denials.get(str(row.send_id))) for row in sends
    ] + [_of_withheld(row, refusals.get((row.child, row.purpose))) for row in withheld]


def _of_message(row: SendView, intent: IntentView | None, denial: FactRow | None) -> dict[str, Any]:
    about = {"send_id": row.send_id, "operation": row.operation, "purpose": row.purpose}
    if row.denied:
        return {**about, "result": "denied", "reasons": row.denied, "consents": ()} | _when(denial)
    if intent is not None:
        grounds = {"consents": intent.consents, "policy": intent.policy, "at": intent.at}
        return {**about, "result": "allowed", "reasons": (), **grounds}
    return {**about, "result": "not asked yet", "reasons": (), "consents": ()} | _when(None)


def _of_withheld(row: WithheldView, fact: FactRow | None) -> dict[str, Any]:
    return {
        "send_id": None,
        "operation": "refer",
        "purpose": row.purpose,
        "result": "withheld",
        "reasons": row.reasons,
        "consents": (),
        **_when(fact),
    }


def _when(fact: FactRow | None) -> dict[str, Any]:
    return {
        "at": None if fact is None else fact.at,
        "policy": None if fact is None else fact.policy,
    }
