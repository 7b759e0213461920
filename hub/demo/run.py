"""Runs the demo, on a terminal or as JSON, and says whether all claims hold."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from hub.demo.cast import CAST
from hub.demo.errors import DemoFailed
from hub.demo.stage import Stage
from hub.demo.words import short

if TYPE_CHECKING:
    from hub.demo.scene import Scene

OK, FAILED, STOPPED = 0, 1, 130
_ENDING = (signal.SIGINT, signal.SIGTERM)


def run(*, keep: bool = False, as_json: bool = False) -> int:
    """Play the demo and return the exit code: 0 if every claim holds.

    Ctrl-C and SIGTERM end every process that was started, then the demo itself, with code 130.
    """
    before = {number: signal.signal(number, _interrupt) for number in _ENDING}
    try:
        return _as_json(keep=keep) if as_json else _on_screen(keep=keep)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; everything was removed.\n")
        return STOPPED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _on_screen(*, keep: bool) -> int:
    started = time.monotonic()
    with Stage() as stage:
        # Loaded while the processes start.
        from hub.demo.screen import Screen  # noqa: PLC0415 - as said above

        screen = Screen()
        screen.begin()
        try:
            stage.play(screen.beat)
            scenes = stage.look()
        except DemoFailed as error:
            screen.failed(str(error))
            return FAILED
        seconds = time.monotonic() - started
        screen.scenes(scenes)
        screen.end(scenes, seconds)
        if keep:
            screen.kept(stage.place, people(stage), examples(stage), stage.pids)
            # Last of all: an interruption before this still ends and removes everything.
            stage.keep()
        else:
            screen.gone()
    return _code(scenes)


def _as_json(*, keep: bool) -> int:
    started = time.monotonic()
    beats: list[dict[str, Any]] = []
    with Stage() as stage:
        try:
            stage.play(
                lambda beat, standing: beats.append(
                    {"at": beat.at.isoformat(), "told": beat.title, **standing._asdict()}
                )
            )
            scenes = stage.look()
        except DemoFailed as error:
            _print({"passed": False, "error": str(error), "story": beats})
            return FAILED
        document: dict[str, Any] = {
            "passed": _code(scenes) == OK,
            "seconds": round(time.monotonic() - started, 1),
            "story": beats,
            "scenes": [_scene(number, scene) for number, scene in enumerate(scenes, 1)],
        }
        if keep:
            document["kept"] = {
                "folder": str(stage.root),
                "pids": stage.pids,
                "people": people(stage),
                "look_further": examples(stage),
            }
        _print(document)
        if keep:
            stage.keep()
    return _code(scenes)


def people(stage: Stage) -> dict[str, str]:
    """Return the beginning of each parent's pseudonym by the name in the story."""
    return {parent.name: short(stage.files.person(parent)) for parent in CAST}


def examples(stage: Stage) -> list[str]:
    """Return commands that look into this very run."""
    hub = f"HUB_CONFIG={stage.place.config} {Path(sys.executable).parent / 'hub'}"
    commands = [f"{hub} withheld list", f"{hub} dead-letters list"]
    sends = stage.files.views.sends(limit=1)
    return commands + [f"{hub} explain {send.referral_id}" for send in sends]


def _scene(number: int, scene: Scene) -> dict[str, Any]:
    return {
        "number": number,
        "key": scene.key,
        "title": scene.title,
        "claim": scene.claim,
        "passed": scene.passed,
        "evidence": [finding._asdict() for finding in scene.findings],
        "exhibits": [exhibit._asdict() for exhibit in scene.exhibits],
    }


def _code(scenes: Sequence[Scene]) -> int:
    return OK if all(scene.passed for scene in scenes) else FAILED


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _interrupt(_: int, __: FrameType | None) -> None:
    for number in _ENDING:
        # A second Ctrl-C must not cut the ending and removing short.
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
