"""The story: what happens when, in the order in which the hub is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Final, NamedTuple

from hub.demo import desk, wire
from hub.demo.cast import (
    CAST,
    DORA,
    FRITZ,
    INES,
    LARS,
    MARIA,
    NINA,
    PETRA,
    SVEN,
    TOM,
    WILMA,
    Kid,
    Parent,
)

CET: Final = timezone(timedelta(hours=1), "CET")
PRISON: Final = "MUS"
OTHER_PRISON: Final = "BEI"
MUSTERSTADT: Final = ("99001000", ("99001", "Musterstadt"))
BEISPIELBURG: Final = ("99002000", ("99002", "Beispielburg"))
HINTERLAND: Final = ("99003000", ("99003", "Hintermusterland"))


class Told(NamedTuple):
    """A message that a sender posts to the hub. `prison`: in the prison's wire format."""

    prison: bool
    body: bytes


class Answer(NamedTuple):
    """The recipient's people answer every referral about a parent's children."""

    parent: Parent
    status: str


class FromNewerHub(NamedTuple):
    """A record that an ingress of a newer version wrote straight into the log."""

    parent: Parent
    kid: Kid
    at: datetime


Step = Told | Answer | FromNewerHub


class Beat(NamedTuple):
    """What the hub is told at one instant; the clock moves on when nothing is left to do."""

    name: str
    at: datetime
    title: str
    steps: tuple[Step, ...]


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=CET)


ADMISSIONS: Final = _at(2, 8, 0)
INTERVIEWS: Final = _at(2, 8, 12)
CORRECTIONS: Final = _at(2, 8, 25)
SETTLED: Final = _at(2, 8, 50)
ANSWERS: Final = _at(2, 10, 30)
NEXT_DAY: Final = _at(3, 10, 0)
RELEASE: Final = _at(16, 10, 0)
ASKED_ANEW: Final = _at(16, 10, 50)
NOTICE: Final = _at(16, 11, 20)


def story() -> tuple[Beat, ...]:
    """Return the whole story, oldest beat first."""
    return (
        Beat(
            "admissions",
            ADMISSIONS,
            "Thirteen people are admitted; two systems of the prison report each of them.",
            tuple(_prison(_admissions())),
        ),
        Beat(
            "interviews",
            INTERVIEWS,
            "The social service talks with them: carers, safety, consent.",
            tuple(_desk(_interviews())),
        ),
        Beat(
            "corrections",
            CORRECTIONS,
            "An admission turns out an error, a message comes twice, an officer sets a freeze.",
            (
                *_prison(_corrections()),
                *_desk((desk.freeze(FRITZ, CORRECTIONS),)),
                FromNewerHub(PETRA, PETRA.kid, CORRECTIONS),
            ),
        ),
        Beat("settled", SETTLED, "The settle window of 45 minutes is over.", ()),
        Beat(
            "answers",
            ANSWERS,
            "The office answers; two people are taken to court and back.",
            (Answer(MARIA, "accepted"), *_prison(_court())),
        ),
        Beat(
            "next-day",
            NEXT_DAY,
            "Lars consents late, Wilma withdraws, Tom is transferred.",
            (*_prison(_transfer()), *_desk(_late_words())),
        ),
        Beat("release", RELEASE, "Two weeks later Maria is released.", tuple(_prison(_release()))),
        Beat("asked-anew", ASKED_ANEW, "The release has stood for 45 minutes.", ()),
        Beat(
            "notice",
            NOTICE,
            "The safety question is asked anew and answered.",
            tuple(_desk(desk.safety(MARIA, kid, NOTICE) for kid in MARIA.kids)),
        ),
    )


def _prison(bodies: Iterator[bytes]) -> Iterator[Told]:
    return (Told(prison=True, body=body) for body in bodies)


def _desk(bodies: Iterator[bytes] | tuple[bytes, ...]) -> Iterator[Told]:
    return (Told(prison=False, body=body) for body in bodies)


def _admissions() -> Iterator[bytes]:
    for nth, parent in enumerate(CAST):
        at = ADMISSIONS - timedelta(minutes=20 - nth)
        yield wire.first_report(parent, at, PRISON)
        yield wire.received(parent, at, PRISON)
    yield wire.alerts_updated(MARIA, ADMISSIONS)
    yield wire.alerts_updated(NINA, ADMISSIONS)


def _interviews() -> Iterator[bytes]:
    at = INTERVIEWS
    for kid in MARIA.kids:
        yield _lives(MARIA, kid, "Oma Gerda Muster", told="weiß, dass die Mutter in Haft ist")
        yield desk.safety(MARIA, kid, at)
    yield desk.consent(
        MARIA,
        at,
        categories=desk.EVERYTHING,
        purposes=("family-support", "release-notice"),
        capacities=("own-data", "custodial-parent", "carer"),
    )
    for parent, place in (
        (TOM, HINTERLAND),
        (INES, MUSTERSTADT),
        (DORA, BEISPIELBURG),
        (LARS, MUSTERSTADT),
        (WILMA, BEISPIELBURG),
        (FRITZ, MUSTERSTADT),
        (NINA, MUSTERSTADT),
        (PETRA, BEISPIELBURG),
    ):
        yield _lives(parent, parent.kid, f"Tante {parent.kid.family}", place=place)
        yield desk.safety(parent, parent.kid, at)
    yield _lives(SVEN, SVEN.kid, "Onkel Schweig")
    for parent in (INES, DORA, WILMA, FRITZ, SVEN, PETRA):
        yield desk.consent(parent, at)
    yield desk.consent(TOM, at, categories=desk.MINIMUM, recipients="free-provider")
    yield desk.refusal(NINA, at)


def _lives(
    parent: Parent,
    kid: Kid,
    carer: str,
    *,
    place: tuple[str, tuple[str, str]] = MUSTERSTADT,
    told: str | None = None,
) -> bytes:
    area, town = place
    return desk.living_situation(
        parent, kid, INTERVIEWS, area=area, town=town, carer=carer, told=told
    )


def _corrections() -> Iterator[bytes]:
    yield wire.booking_deleted(INES, CORRECTIONS - timedelta(minutes=1))
    admitted = ADMISSIONS - timedelta(minutes=20 - CAST.index(DORA))
    yield wire.received(DORA, admitted, PRISON)


def _court() -> Iterator[bytes]:
    out, back = ANSWERS - timedelta(minutes=90), ANSWERS - timedelta(minutes=10)
    yield wire.released(TOM, out, PRISON, "SENT_TO_COURT", "CRT")
    yield wire.received(TOM, back, PRISON, "RETURN_FROM_COURT", "CRT")
    # The return overtakes the departure on its way to the hub.
    yield wire.received(DORA, back, PRISON, "RETURN_FROM_COURT", "CRT")
    yield wire.released(DORA, out, PRISON, "SENT_TO_COURT", "CRT")


def _transfer() -> Iterator[bytes]:
    left = NEXT_DAY - timedelta(minutes=60)
    yield wire.released(TOM, left, PRISON, "TRANSFERRED", "NOTR")
    yield wire.received(TOM, left + timedelta(minutes=45), OTHER_PRISON, "TRANSFERRED", "INT")


def _late_words() -> Iterator[bytes]:
    yield desk.consent(LARS, NEXT_DAY)
    yield desk.withdrawal(WILMA, NEXT_DAY)


def _release() -> Iterator[bytes]:
    yield wire.first_report_released(MARIA, RELEASE, PRISON)
    yield wire.released(MARIA, RELEASE, PRISON)
