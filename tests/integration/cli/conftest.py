"""A configured hub in a folder of its own, and a way to run commands and the processor on it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hub.api.progress import Progress
from hub.app.build import Hub
from hub.app.prepare import prepare
from hub.app.processing import ProcessorLoop
from hub.cli import main
from hub.config import load
from hub.ports import Topic

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
CONFIG = """
data_dir = "data"
policy_file = "policy.toml"
directory_file = "directory.toml"
[log]
partitions = 2
[pipeline]
halt_window = 20
halt_min_records = 10
halt_min_keys = 5
[sources.prison]
type = "hmpps"
namespace = "NOMS"
[sources.desk]
type = "canonical"
namespace = "NOMS"
canonical = ["consent", "safety", "children"]
[connectors.webhook]
type = "webhook"
[connectors.webhook.settings.endpoints.musterstadt]
url = "http://127.0.0.1:9/inbox"
secrets_file = "secret"
allow_private_addresses = true
"""


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        """The document printed."""
        return json.loads(self.out)


Cli = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and the example rules."""
    for name in ("policy", "directory"):
        text = (EXAMPLES / f"{name}.example.toml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "secret").write_text("whsec_" + "a2" * 22 + "a2s=", encoding="utf-8")
    (tmp_path / "hub.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run one command in this process."""
    assert folder.is_dir()

    def run(*words: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Said(code, said.out, said.err)

    return run


def first_start(folder: Path) -> None:
    """Make everything that a first start makes."""
    with Hub(load(folder / "hub.toml", {})) as hub:
        prepare(hub)


def decide_all(folder: Path) -> None:
    """Let the processor decide everything in the log, or halt."""
    with Hub(load(folder / "hub.toml", {})) as hub:
        prepare(hub)
        stop = threading.Event()
        loop = ProcessorLoop(hub, Progress())
        thread = threading.Thread(target=loop.run, args=(stop,))
        thread.start()
        pause = threading.Event()
        for _ in range(1000):
            ends = hub.log.bounds(Topic.CASES)
            done = all(p.offset == ends[p.partition][1] for p in hub.store.positions.all())
            if done or hub.store.control.halted():
                break
            pause.wait(0.01)
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
