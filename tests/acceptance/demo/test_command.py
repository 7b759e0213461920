"""`hub demo` as a command: what it prints, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from hub.demo.run import STOPPED
from hub.demo.scenes import SCENES

pytestmark = pytest.mark.timeout(180)

LIMIT_S = 120


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start the command with its temporary folder inside `folder`."""
    return subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "demo", *options],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ports(config: Path) -> list[int]:
    """Return where the ingress and the inbox of a running demo listen."""
    settings = tomllib.loads(config.read_text(encoding="utf-8"))
    url = next(iter(settings["connectors"]["webhook"]["settings"]["endpoints"].values()))["url"]
    return [settings["ingress"]["port"], int(url.split(":")[2].split("/")[0])]


def listens(port: int) -> bool:
    """Tell whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_json_tells_every_scene_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with start(tmp_path, "--json") as process:
        out, errors = process.communicate(timeout=LIMIT_S)
    document = json.loads(out)
    failed = [
        (scene["key"], each["text"])
        for scene in document.get("scenes", [])
        for each in scene["evidence"]
        if not each["holds"]
    ]
    assert (document.get("error"), failed) == (None, [])
    assert process.returncode == 0, errors
    assert document["passed"] is True
    assert [scene["passed"] for scene in document["scenes"]] == [True] * len(SCENES)
    assert all(scene["claim"] and scene["evidence"] for scene in document["scenes"])
    assert len(document["story"]) > 1
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_ends_every_process_and_removes_the_folder(tmp_path: Path) -> None:
    deadline = time.monotonic() + LIMIT_S
    with start(tmp_path) as process:
        while not (configs := list(tmp_path.glob("*/hub.toml"))) or not listens(
            ports(configs[0])[1]
        ):
            assert time.monotonic() < deadline
            assert process.poll() is None
        listening = ports(configs[0])
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == STOPPED
    assert errors.strip() == "Stopped; everything was removed."
    assert list(tmp_path.iterdir()) == []
    assert not any(listens(port) for port in listening)
