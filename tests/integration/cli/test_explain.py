"""`hub explain REFERRAL` tells the whole case: its events, the permit, the consents, the policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.app.build import Hub
from hub.config import load
from hub.domain.decision import FactKind
from hub.domain.referral import Operation
from hub.ports import OutcomeKind
from tests.integration.cli.conftest import Cli, first_start
from tests.integration.store.build import (
    EMPTY,
    fact,
    ident,
    intent,
    outcome,
    put_sends,
    send,
    write,
)

REFER = send("referral")
RECALL = send("recall", operation=Operation.RETRACT, minutes=1)
REFERRAL = str(REFER.referral_id)
TRIGGER = ident("event 0/2")


@pytest.fixture
def told(folder: Path) -> Path:
    """A hub with a referral sent, its recall denied, and two more events of the case."""
    first_start(folder)
    outcomes = [outcome(1), outcome(2), outcome(3, OutcomeKind.IGNORED)]
    facts = [fact(f"event {row.offset}", event_id=row.event_id) for row in outcomes]
    facts += [
        fact("ready", FactKind.REFERRAL_READY, subject=REFERRAL, event_id=TRIGGER),
        fact("denied", FactKind.PERMIT_DENIED, subject=REFERRAL, send=str(RECALL.send_id)),
    ]
    with Hub(load(folder / "hub.toml", {})) as hub:
        put_sends(hub.store, REFER, RECALL)
        write(hub.store, EMPTY._replace(outcomes=outcomes, facts=facts))
        with hub.store.delivery.batch() as batch:
            batch.intend([intent(REFER)])
            batch.deny([(RECALL.send_id, ("connector-missing", "frozen"))], 60.0)
    return folder


@pytest.mark.usefixtures("told")
def test_a_referral_is_explained_with_all_events_of_its_case_in_order(cli: Cli) -> None:
    events = cli("explain", REFERRAL, "--json").json["events"]

    assert [(row["event_id"], row["outcome"], row["own"]) for row in events] == [
        (str(ident("event 0/1")), "applied", False),
        (str(TRIGGER), "applied", True),
        (str(ident("event 0/3")), "ignored", False),
    ]
    assert [row["reason"] for row in events] == ["code"] * 3


@pytest.mark.usefixtures("told")
def test_a_referral_is_explained_with_permit_consents_and_policy(cli: Cli) -> None:
    account = cli("explain", REFERRAL, "--json").json
    permits = {row["operation"]: row for row in account["permits"]}
    shown = cli("explain", REFERRAL).out

    allowed, denied = permits["refer"], permits["retract"]
    assert (allowed["result"], allowed["consents"], allowed["policy"]) == ("allowed", ["c1"], "p1")
    assert (denied["result"], denied["policy"]) == ("denied", "p1")
    assert denied["reasons"] == ["connector-missing", "frozen"]
    assert {row["reason"] for row in account["reasons"]} >= {"frozen"}
    assert "Permits" in shown
    assert "connector-missing, frozen" in shown
    assert "hub freeze lift" in shown


@pytest.mark.usefixtures("told")
def test_an_event_is_explained_by_itself(cli: Cli) -> None:
    [event] = cli("explain", str(TRIGGER), "--json").json["events"]

    assert (event["event_id"], event["own"]) == (str(TRIGGER), True)
