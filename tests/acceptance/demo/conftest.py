"""Plays the story once for all tests of this folder, over the hub's real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hub.demo.driver import Standing
from hub.demo.evidence import Inbox
from hub.demo.hub_files import HubFiles
from hub.demo.processes import Running
from hub.demo.scene import Scene
from hub.demo.stage import Stage
from hub.demo.workplace import Workplace


class Played(NamedTuple):
    """What is left of the story when its processes have ended."""

    place: Workplace
    files: HubFiles
    scenes: dict[str, Scene]
    inbox: Inbox
    standings: tuple[Standing, ...]
    processes: tuple[Running, ...]


@pytest.fixture(scope="package")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Play the story, look at every scene, end the processes, and open the hub's files again."""
    root: Path = tmp_path_factory.mktemp("story")
    standings: list[Standing] = []
    with Stage(root) as stage:
        processes = tuple(stage.processes.running)
        stage.play(lambda _, standing: standings.append(standing))
        scenes = {scene.key: scene for scene in stage.look()}
        inbox = stage.evidence().inbox
    files = HubFiles(stage.place)
    try:
        yield Played(stage.place, files, scenes, inbox, tuple(standings), processes)
    finally:
        files.close()
