"""Plays the story: tells the hub what happens, waits until it is at rest, moves the clock on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple, assert_never
from uuid import UUID

from hub.demo.cast import Parent
from hub.demo.errors import DemoFailed
from hub.demo.hub_files import HubFiles
from hub.demo.processes import Processes
from hub.demo.senders import CLOUD_EVENTS, Caller
from hub.demo.story import Answer, Beat, FromNewerHub, Step, Told
from hub.demo.workplace import PARTITIONS, RECIPIENTS, Workplace
from hub.domain.referral import Operation
from hub.ports import Topic

REST_LIMIT_S: Final = 60.0
_LOOK_AGAIN_S: Final = 0.02


class Took(NamedTuple):
    """What the hub answered to a message: the ids of its events, or why it rightly became none."""

    beat: str
    sender: str
    events: tuple[UUID, ...]
    ignored: tuple[str, ...]


class Standing(NamedTuple):
    """What there is after a beat: records in the log, messages delivered, referrals withheld."""

    records: int
    delivered: int
    withheld: int


class Driver:
    """Tells the hub the story. `took` remembers every answer of its ingress, in order."""

    def __init__(self, place: Workplace, files: HubFiles, processes: Processes) -> None:
        self._place = place
        self._files = files
        self._processes = processes
        self._newer = files.newer_ingress()
        port = place.ports.ingress
        self._prison = Caller(port, place.token("prison"))
        self._desk = Caller(port, place.token("desk"))
        self._recipients = {name: Caller(port, place.token(name)) for name in RECIPIENTS}
        self.took: list[Took] = []

    def play(self, beats: Sequence[Beat], each: Callable[[Beat, Standing], None]) -> None:
        """Play all beats; `each` is called when the hub is at rest after one.

        Raises `DemoFailed` when a message is refused, a process ends, or no rest comes.
        """
        for beat in beats:
            self._place.move_clock(beat.at)
            for is_desk, steps in groupby(beat.steps, _from_desk):
                if is_desk:
                    self._tell_desk(beat, [step for step in steps if isinstance(step, Told)])
                else:
                    for step in steps:
                        self._tell(beat, step)
            self._rest(beat)
            each(beat, self._standing())

    def close(self) -> None:
        """Close the connections."""
        for caller in (self._prison, self._desk, *self._recipients.values()):
            caller.close()

    def _standing(self) -> Standing:
        counts = self._files.views.counts(self._place.now())
        return Standing(
            records=sum(self._files.ends().values()),
            delivered=counts.sends_by_state.get("delivered", 0),
            withheld=len(self._files.views.withheld()),
        )

    def _tell(self, beat: Beat, step: Step) -> None:
        match step:
            case Told(body=body):
                self._note(beat, "prison", self._prison.post("/events", body))
            case Answer(parent=parent, status=status):
                self._answer(beat, parent, status)
            case FromNewerHub():
                event_id, record = self._newer.record(step, self._place.now(), PARTITIONS)
                self._files.log.append(Topic.CASES, [record])
                self.took.append(Took(beat.name, "newer-hub", (event_id,), ()))
            case _:
                assert_never(step)

    def _tell_desk(self, beat: Beat, told: Sequence[Told]) -> None:
        """Hand in what the desk took down, as one batch."""
        batch = b"[" + b",".join(step.body for step in told) + b"]"
        self._note(beat, "desk", self._desk.post("/events", batch, CLOUD_EVENTS))

    def _note(self, beat: Beat, sender: str, answer: dict[str, list[str]]) -> None:
        events = tuple(UUID(event) for event in answer["events"])
        self.took.append(Took(beat.name, sender, events, tuple(answer["ignored"])))

    def _answer(self, beat: Beat, parent: Parent, status: str) -> None:
        """Let the recipients' people answer each referral about a parent's children."""
        for send in self._files.views.sends(person=self._files.person(parent)):
            if send.operation == Operation.REFER:
                body = {
                    "referral_id": str(send.referral_id),
                    "generation": send.generation,
                    "status": status,
                }
                caller = self._recipients[send.recipient]
                caller.post("/acknowledgements", json.dumps(body).encode())
                self.took.append(Took(beat.name, send.recipient, (), ()))

    def _rest(self, beat: Beat) -> None:
        """Wait until nothing is undecided, due or sendable: only then may the clock be moved."""
        deadline = time.monotonic() + REST_LIMIT_S
        while not at_rest(self._files, self._place.now()):
            self._processes.check()
            if time.monotonic() > deadline:
                raise DemoFailed(
                    f"The hub did not come to rest in '{beat.name}': "
                    f"{self._files.views.counts(self._place.now())}"
                )
            time.sleep(_LOOK_AGAIN_S)


def _from_desk(step: Step) -> bool:
    return isinstance(step, Told) and not step.prison


def at_rest(files: HubFiles, now: datetime) -> bool:
    """Tell whether everything in the log is decided and nothing is due, asked for or sendable.

    The log's ends are read before and after the store: whatever the hub tells itself in between
    shows up as a record or as a row.
    """
    ends = files.ends()
    return files.positions() == ends and files.views.quiescent(now) and files.ends() == ends
