"""Whoever lifts or sets a protection is in the decision log, with account and reason (P8)."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import text

from hub.domain.decision import FactKind
from hub.domain.ids import TenantId
from hub.errors import ConfigError
from hub.ports import OutcomeKind
from hub.store import Store
from hub.store.acts import Operator
from tests.integration.store.build import ANNA, BERT, EMPTY, by, ident, letter, outcome, write

WHO = Operator("testaccount", "source mended, no. 2")


def acts(store: Store) -> list[tuple[str, str, str | None, tuple[str, ...], str]]:
    """Return kind, subject, person, reasons and operator of every line but the start's."""
    with store.engine.connect() as connection:
        rows = list(connection.execute(text("SELECT * FROM decision_log ORDER BY number")))
    return [
        (
            row.kind,
            row.subject,
            row.person,
            tuple(msgspec.json.decode(row.reasons)),
            msgspec.json.decode(row.refs)["operator"],
        )
        for row in rows
        if row.kind != FactKind.POSITIONS_SET
    ]


def test_stopping_starting_and_resuming_are_logged_once_each(store: Store) -> None:
    store.control.halt(0, "dead-letters")
    for _ in range(2):
        store.control.resume(WHO)
        store.control.set_brake(WHO, TenantId("other"))
    for _ in range(2):
        store.control.lift_brake(WHO, TenantId("other"))

    kept = (None, ("source mended, no. 2",), "testaccount")
    assert acts(store) == [
        ("resumed", "processor", *kept),
        ("delivery-stopped", "delivery", *kept),
        ("delivery-started", "delivery", *kept),
    ]


def test_replaying_and_discarding_are_logged_for_everybody_held(store: Store) -> None:
    merge = letter(1, ANNA)._replace(other=BERT)
    write(store, EMPTY._replace(dead_letters=[merge]))
    number = str(merge.letter_id)

    store.dead_letters.replayed(merge.letter_id, 7, Operator("testaccount", ""))
    store.dead_letters.discard(merge.letter_id, WHO)

    assert acts(store) == [
        ("letter-replayed", number, ANNA, (), "testaccount"),
        ("letter-replayed", number, BERT, (), "testaccount"),
        ("letter-discarded", number, ANNA, ("source mended, no. 2",), "testaccount"),
        ("letter-discarded", number, BERT, ("source mended, no. 2",), "testaccount"),
    ]
    kinds = [line.fact.kind for line in store.views.by_person(BERT)]
    assert kinds == [FactKind.LETTER_REPLAYED, FactKind.LETTER_DISCARDED]


def test_first_positions_are_logged(store: Store) -> None:
    with store.engine.connect() as connection:
        (line,) = connection.execute(text("SELECT * FROM decision_log"))

    assert (line.kind, line.subject) == ("positions-set", "topic")
    assert msgspec.json.decode(line.refs) == {"operator": "testaccount"}


def test_an_act_that_fails_leaves_no_line(store: Store) -> None:
    write(store, EMPTY._replace(outcomes=[outcome(0, OutcomeKind.DEAD_LETTERED)]))

    with pytest.raises(ConfigError):
        store.dead_letters.discard(ident("no such letter"), WHO)

    assert acts(store) == []


@pytest.mark.parametrize(
    "reason", ["", "  ", "x" * 81, "a: b", "name@example.invalid", "line\nend"]
)
def test_a_reason_is_short_and_plain(store: Store, reason: str) -> None:
    with pytest.raises(ConfigError, match="say why"):
        store.control.set_brake(by(reason))

    assert not store.views.brakes()
