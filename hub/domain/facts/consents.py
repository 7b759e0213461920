"""What is said about consent: records, their end, refusals, and the freeze. No word is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hub.domain.case import Case, Freeze
from hub.domain.consent import Ask, AskState, Consent, ConsentRecord, Withdrawal
from hub.domain.decision import Ignored
from hub.domain.tasks import TaskKind
from hub.domain.upkeep import open_task, said_at
from hub.domain.values import EPOCH, changed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hub.domain.events import (
        ConsentAsked,
        ConsentGranted,
        ConsentSuperseded,
        ConsentWithdrawn,
        FreezeLifted,
        FreezeSet,
        Meta,
    )
    from hub.domain.policy import Rules

_ASK_ORDER = list(AskState)
ON_PAPER = "paper"
"""The channel whose withdrawals bear a date and no time of day."""
A_DAY = timedelta(days=1)
CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of two desks may be apart."""


def consent_granted(case: Case, payload: ConsentGranted, meta: Meta, _: Rules) -> Case:
    """Keep a record; one that names a predecessor supersedes it, whichever came first."""
    record = payload.record
    same = _find(case, record.record_id)
    if same is not None and same.known and same.record != record:
        # A record is never edited: two contents under one number are for a person to sort out.
        # Until one supersedes it, neither counts; which came first makes no difference.
        subject = f"{case.person}/consent/{record.record_id}"
        kept = min(same.record, record, key=repr)
        contested = _with(case, changed(same, record=kept, contested=True))
        return open_task(contested, TaskKind.DATA_QUALITY, subject, meta)
    new = Consent(record=record, recorded_at=meta.recorded_at)
    if same is not None:
        seen = min(same.recorded_at, meta.recorded_at)
        new = changed(same, record=record, recorded_at=seen)
    return asked(_with(case, new), Ask(state=AskState.GIVEN, at=record.given_at))


def consent_withdrawn(case: Case, payload: ConsentWithdrawn, meta: Meta, _: Rules) -> Case:
    """Mark one record, or every one given before the parent's word, as withdrawn for good."""
    word = Withdrawal(
        declared_at=payload.declared_at, channel=payload.channel, taken_by=payload.taken_by
    )
    if payload.record_id is None:
        words = tuple(sorted({_key(w): w for w in (*case.withdrawn_all, word)}.items()))
        result = changed(case, withdrawn_all=tuple(w for _, w in words))
        result = changed(result, consents=ended(result.consents, result.withdrawn_all))
    else:
        ending = _find(case, payload.record_id) or _announced(payload.record_id, meta)
        first = min((w for w in (ending.withdrawal, word) if w is not None), key=_key)
        result = _with(case, changed(ending, withdrawal=first))
    return asked(result, Ask(state=AskState.WITHDRAWN, at=payload.declared_at))


def consent_superseded(
    case: Case, payload: ConsentSuperseded, meta: Meta, _: Rules
) -> Case | Ignored:
    """Mark a record as replaced, also one that has not arrived yet."""
    ending = _find(case, payload.record_id) or _announced(payload.record_id, meta)
    by = min(b for b in (ending.superseded_by, payload.superseded_by) if b is not None)
    result = _with(case, changed(ending, superseded_by=by))
    return result if result != case else Ignored.ALREADY_KNOWN


def consent_asked(case: Case, payload: ConsentAsked, meta: Meta, _: Rules) -> Case | Ignored:
    """Keep where the conversation about consent stands; the latest word counts."""
    result = asked(case, Ask(state=payload.state, at=said_at(meta), until=payload.until))
    return result if result != case else Ignored.ALREADY_KNOWN


def freeze_set(case: Case, payload: FreezeSet, meta: Meta, _: Rules) -> Case | Ignored:
    """Stop everything for this person, unless the parent's word lifted just this freeze since."""
    at = said_at(meta)
    if at < case.freeze_lifted_at or (case.freeze is not None and case.freeze.set_at >= at):
        return Ignored.ALREADY_KNOWN
    return changed(case, freeze=Freeze(set_at=at, set_by=payload.set_by))


def freeze_lifted(case: Case, _: FreezeLifted, meta: Meta, __: Rules) -> Case | Ignored:
    """Go on, on the parent's own word; a freeze set at the same instant or later stays."""
    at = said_at(meta)
    frozen = case.freeze
    if at <= case.freeze_lifted_at:
        return Ignored.NOTHING_TO_LIFT
    kept = frozen if frozen is not None and frozen.set_at >= at else None
    return changed(case, freeze=kept, freeze_lifted_at=max(at, case.freeze_lifted_at))


def asked(case: Case, word: Ask) -> Case:
    """Return the case with the latest word about consent, in whatever order words arrive."""
    known = case.ask
    if known is not None and _rank(known) >= _rank(word):
        return case
    return changed(case, ask=word)


def ended(consents: Iterable[Consent], words: tuple[Withdrawal, ...]) -> tuple[Consent, ...]:
    """Return the consents by number, each with the first word that ended it and its successor."""
    everyone = sorted(consents, key=lambda c: c.record.record_id)
    heirs = {
        c.record.supersedes: c.record.record_id
        for c in reversed(everyone)
        if c.record.supersedes is not None
    }
    return tuple(_ended(c, heirs.get(c.record.record_id), words) for c in everyone)


def unite_consents(case: Case, other: Case) -> Case:
    """Return `case` with all that was said about consent under the number of `other` (a merge)."""
    words = {_key(w): w for w in (*case.withdrawn_all, *other.withdrawn_all)}
    everything = tuple(w for _, w in sorted(words.items()))
    both: dict[str, Consent] = {}
    for consent in (*case.consents, *other.consents):
        same = both.get(consent.record.record_id)
        both[consent.record.record_id] = consent if same is None else _joined(same, consent)
    result = changed(case, withdrawn_all=everything, consents=ended(both.values(), everything))
    lifted = max(case.freeze_lifted_at, other.freeze_lifted_at)
    freezes = [f for f in (case.freeze, other.freeze) if f is not None]
    # A freeze under either number is a freeze of the person, lifted by a word that came after it.
    latest = max(freezes, key=lambda f: f.set_at, default=None)
    if latest is not None and latest.set_at < lifted:
        latest = None
    result = changed(result, freeze=latest, freeze_lifted_at=lifted)
    return asked(result, other.ask) if other.ask is not None else result


def _with(case: Case, consent: Consent) -> Case:
    others = (c for c in case.consents if c.record.record_id != consent.record.record_id)
    return changed(case, consents=ended((*others, consent), case.withdrawn_all))


def _find(case: Case, record_id: str) -> Consent | None:
    return next((c for c in case.consents if c.record.record_id == record_id), None)


def _announced(record_id: str, meta: Meta) -> Consent:
    """The end of a record overtook the record: remember it, so that the record arrives ended."""
    blank = ConsentRecord(
        record_id=record_id, given_at=EPOCH, purposes=(), categories=(), grantors=()
    )
    return Consent(record=blank, recorded_at=meta.recorded_at)


def _ended(consent: Consent, heir: str | None, words: tuple[Withdrawal, ...]) -> Consent:
    heard = [w for w in words if consent.known and _reaches(w, consent)]
    if consent.withdrawal is not None:
        heard.append(consent.withdrawal)
    first = min(heard, key=_key, default=None)
    by = min((b for b in (consent.superseded_by, heir) if b is not None), default=None)
    if (first, by) == (consent.withdrawal, consent.superseded_by):
        return consent
    return changed(consent, withdrawal=first, superseded_by=by)


def _reaches(word: Withdrawal, consent: Consent) -> bool:
    """Whether "I take everything back" is about this record: given before, as far as clocks tell.

    A record was not given later than the hub heard of it, whatever its date says. A date on paper
    stands for its whole day, and clocks of two desks may differ a little: in doubt the word ends
    the record, and the parent can be asked anew.
    """
    given = min(consent.record.given_at, consent.recorded_at)
    slack = A_DAY if word.channel == ON_PAPER else CLOCKS_DIFFER
    return given <= word.declared_at + slack


def _joined(one: Consent, two: Consent) -> Consent:
    """One record known under two numbers: whatever ended it under either ended it."""
    full = one if one.known else two
    words = [w for w in (one.withdrawal, two.withdrawal) if w is not None]
    return changed(
        full,
        recorded_at=min(one.recorded_at, two.recorded_at),
        withdrawal=min(words, key=_key, default=None),
        superseded_by=one.superseded_by or two.superseded_by,
        contested=one.contested
        or two.contested
        or (one.known and two.known and one.record != two.record),
    )


def _key(word: Withdrawal) -> tuple[datetime, str, str]:
    return word.declared_at, word.channel, word.taken_by


def _rank(word: Ask) -> tuple[datetime, int, str]:
    return word.at, _ASK_ORDER.index(word.state), str(word.until)
