"""Step 7: gather the rows of a batch, and the dead letters of what could not be understood."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub.domain.decide import cases_needed
from hub.domain.decision import Fact, FactKind
from hub.domain.ids import HUB_NAMESPACE, PersonKey, TenantId, mint
from hub.pipeline.seal import CaseSealer, fact_rows
from hub.ports import BatchWrites, DeadLetter, FactRow, Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hub.errors import Poison
    from hub.pipeline.work import Loaded, Touched, Work
    from hub.ports import DataKey, KeyVault, Sealer

_PSEUDONYM = re.compile(r"[0-9a-f]{64}")


class Gatherer:
    """Turns the work of one batch into the writes of one transaction."""

    def __init__(self, vault: KeyVault, sealer: Sealer, tenant: TenantId) -> None:
        self._vault = vault
        self._sealer = sealer
        self._cases = CaseSealer(sealer)
        self._tenant = tenant

    def gather(
        self,
        batch: Sequence[Work],
        loaded: Loaded,
        touched: Touched,
        keys: dict[PersonKey, DataKey],
        now: datetime,
    ) -> BatchWrites:
        """Return all rows; `now` stamps outcomes of records without a legible envelope."""
        cases = [
            self._cases.case(case, loaded.cases.get(person), keys[person])
            for person, case in touched.cases.items()
        ]
        decided = [(w, w.decision, w.meta) for w in batch if w.decision is not None and w.meta]
        letters = [self.dead_letter(w, w.fault, now) for w in batch if w.fault is not None]
        facts = [
            row
            for work, decision, meta in decided
            for row in fact_rows(decision, meta, work.person or meta.person, work.policy)
        ]
        return BatchWrites(
            cases=[rows.case for rows in cases],
            children=[child for rows in cases for child in rows.children],
            episodes=[
                self._cases.closed(touched.cases[person].tenant, person, closed, keys[person])
                for person, closed in touched.closed.values()
            ],
            reopened=touched.reopened,
            outcomes=[_outcome(work, now) for work in batch],
            inbox=[
                w.meta.event_id
                for w in batch
                if w.meta is not None and w.fault is None and w.ignored != "duplicate"
            ],
            dead_letters=letters,
            sends=[
                self._cases.send(meta.tenant, send, keys[send.person])
                for _, decision, meta in decided
                for send in decision.sends
            ],
            replaced=list(touched.cases),
            timers=[timer for rows in cases for timer in rows.timers],
            tasks=[task for rows in cases for task in rows.tasks],
            lookups=[lookup for rows in cases for lookup in rows.lookups],
            withheld=[row for rows in cases for row in rows.withheld],
            facts=[*facts, *(line for letter in letters for line in _letter_facts(letter))],
            # A dead letter settles what was owed too: it can be replayed, so nobody appends again.
            decided=[w.meta.event_id for w in batch if w.meta is not None],
        )

    def dead_letter(self, work: Work, fault: Poison, now: datetime) -> DeadLetter:
        """Return the dead letter of a record, sealed whole.

        Under its person's key if one is legible, else under the month's quarantine key (rule 14).
        """
        record, meta = work.record, work.meta
        tenant = meta.tenant if meta is not None else self._tenant
        letter_id = mint(HUB_NAMESPACE, "dead-letter", tenant, record.partition, record.offset)
        person = meta.person if meta is not None else _legible(record.key)
        key = self._vault.get_or_create(tenant, [person]).get(person) if person else None
        if key is None:
            key = self._vault.quarantine(tenant, f"{now:%Y-%m}")
        context = f"dead-letter:{tenant}:{letter_id}"
        return DeadLetter(
            letter_id=letter_id,
            tenant=tenant,
            partition=record.partition,
            offset=record.offset,
            event_id=meta.event_id if meta is not None else None,
            type=meta.type if meta is not None else None,
            person=person,
            reason=fault.reason,
            field_path=fault.field_path,
            remedy=fault.remedy,
            at=meta.recorded_at if meta is not None else now,
            data_key=key.key_id,
            sealed=self._sealer.seal(key, context, record.value),
            other=_other(work),
        )


def _legible(key: str) -> PersonKey | None:
    """The record's key names its person even where the record itself can't be read."""
    return PersonKey(key) if _PSEUDONYM.fullmatch(key) else None


def _other(work: Work) -> PersonKey | None:
    """Return the second person of a merge, link or booking move: it holds both."""
    if work.event is None:
        return None
    person, *others = cases_needed(work.event)
    return next((other for other in others if other != person), person if others else None)


def _outcome(work: Work, now: datetime) -> Outcome:
    meta = work.meta
    if work.fault is not None:
        kind, reason = OutcomeKind.DEAD_LETTERED, work.fault.reason
    elif work.ignored is not None:
        kind, reason = OutcomeKind.IGNORED, work.ignored
    else:
        kind, reason = OutcomeKind.APPLIED, ""
    return Outcome(
        partition=work.record.partition,
        offset=work.record.offset,
        key=work.record.key,
        outcome=kind,
        reason=reason,
        event_id=meta.event_id if meta is not None else None,
        type=meta.type if meta is not None else None,
        tenant=meta.tenant if meta is not None else None,
        person=meta.person if meta is not None else None,
        at=meta.recorded_at if meta is not None else now,
    )


def _letter_facts(letter: DeadLetter) -> list[FactRow]:
    """One line for each person it holds, or one that names nobody."""
    refs = {"partition": str(letter.partition), "offset": str(letter.offset)}
    if letter.field_path:
        refs["field"] = letter.field_path
    fact = Fact(
        kind=FactKind.DEAD_LETTERED,
        subject=str(letter.letter_id),
        reasons=(letter.reason,),
        refs=refs,
    )
    held = {letter.person} if letter.other is None else {letter.person, letter.other}
    return [
        FactRow(
            mint(letter.letter_id, "fact"),
            letter.tenant,
            person,
            letter.event_id,
            letter.at,
            "",
            fact,
        )
        for person in sorted(held, key=str)
    ]
