"""The independent verifier of a run: log, store and the inbox's journal against the pure core.

It reads files only, with SQL of its own, decides the whole log anew with `hub.domain` and a driver
of its own, and says what differs. A run is right exactly if it says nothing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from hub.domain.policy import Rules
from hub.domain.referral import Operation
from hub.privacy import VAULT_FILE, AesGcmSealer, FileVault, local_master_key
from tests.support.verifier_core import Run
from tests.support.verifier_delivery import DeliveryCheck
from tests.support.verifier_files import Files, read_files
from tests.support.verifier_store import StoreCheck


class Verdict(NamedTuple):
    """What is wrong, and numbers by which a test sees that something was at stake.

    `recalled`: referrals whose recall arrived. `cancelled`: messages that never left because they
    were taken back in time. `repeated`: messages that arrived more than once.
    """

    problems: tuple[str, ...]
    records: int
    arrived: dict[str, int]
    cancelled: int
    repeated: int

    @property
    def recalled(self) -> int:
        """Return how many recalls arrived."""
        return self.arrived.get(Operation.RETRACT.value, 0)


def verify(folder: Path, journal: Path, rules: Rules) -> Verdict:
    """Verify a data directory whose processes have ended."""
    files = read_files(folder, journal)
    vault = FileVault(folder / VAULT_FILE, local_master_key(folder))
    try:
        sealer = AesGcmSealer()
        run = Run(rules, vault, sealer)
        run.read(files.records)
        problems = [
            *StoreCheck(files, run, vault, sealer).problems(),
            *DeliveryCheck(files, run, rules).problems(),
        ]
    finally:
        vault.close()
    return _verdict(files, tuple(problems))


def _verdict(files: Files, problems: tuple[str, ...]) -> Verdict:
    times = Counter(arrival.message_id for arrival in files.arrivals)
    first = {arrival.message_id: arrival.data["operation"] for arrival in files.arrivals}
    cancelled = [
        row
        for row in files.tables["outbox"]
        if row["state"] == "cancelled" and row["operation"] != Operation.RETRACT.value
    ]
    return Verdict(
        problems=problems,
        records=len(files.records),
        arrived=dict(Counter(first.values())),
        cancelled=len(cancelled),
        repeated=sum(count > 1 for count in times.values()),
    )
