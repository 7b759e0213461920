"""All scenes in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.demo import scenes_overview as overview
from hub.demo import scenes_people as people
from hub.demo.evidence import Evidence
from hub.demo.scene import Scene

SCENES: Final[tuple[Callable[[Evidence], Scene], ...]] = (
    overview.came_in,
    overview.children,
    overview.delivered,
    overview.withheld,
    people.movements_inside,
    people.undone,
    people.twice_and_out_of_order,
    overview.late_consent,
    people.recall,
    people.freeze,
    people.refusal,
    people.child_alone,
    people.safety_missing,
    people.release_notice,
    people.dead_letter,
)


def look(seen: Evidence) -> tuple[Scene, ...]:
    """Return every scene with what the hub and the inbox say now."""
    return tuple(scene(seen) for scene in SCENES)
