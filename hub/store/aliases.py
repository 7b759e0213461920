"""Who is an alias of whom: merged numbers lead to the case that survives."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from hub.domain.ids import PersonKey
from hub.store.database import chunks
from hub.store.tables import CaseTable


def survivors(connection: Connection, persons: Iterable[PersonKey]) -> dict[PersonKey, PersonKey]:
    """Return alias -> survivor for those of `persons` that are aliases.

    Chains (merged into a number that was merged itself) are followed to their end.
    """
    found: dict[PersonKey, PersonKey] = {}
    asked = set(persons)
    wanted = set(asked)
    while wanted:
        step = _alias_of(connection, wanted)
        found |= step
        # Each key is looked up once, so a ring in the data ends the search as well.
        wanted = set(step.values()) - asked
        asked |= wanted
    return {alias: _end(found, alias) for alias in persons if alias in found}


def with_aliases(connection: Connection, persons: Iterable[PersonKey]) -> dict[str, PersonKey]:
    """Return every key that leads to one of `persons`, itself included -> that person."""
    found: dict[str, PersonKey] = {person: person for person in persons}
    wanted = list(found)
    while wanted:
        step: list[str] = []
        for some in chunks(wanted):
            for row in connection.execute(
                select(CaseTable.person, CaseTable.alias_of).where(CaseTable.alias_of.in_(some))
            ):
                if row.person not in found and row.alias_of is not None:
                    found[row.person] = found[row.alias_of]
                    step.append(row.person)
        wanted = step
    return found


def _alias_of(connection: Connection, persons: Iterable[str]) -> dict[PersonKey, PersonKey]:
    return {
        PersonKey(row.person): PersonKey(row.alias_of)
        for some in chunks(persons)
        for row in connection.execute(
            select(CaseTable.person, CaseTable.alias_of).where(
                CaseTable.person.in_(some), CaseTable.alias_of.is_not(None)
            )
        )
    }


def _end(found: dict[PersonKey, PersonKey], alias: PersonKey) -> PersonKey:
    passed = {alias}
    end = found[alias]
    while end in found and end not in passed:
        passed.add(end)
        end = found[end]
    return end
