"""The exit code says whether every claim held."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from hub.demo import run as demo
from hub.demo.errors import DemoFailed
from hub.demo.scene import Finding, Scene


class FakeStage:
    """A stage on which the story is over at once."""

    scenes: tuple[Scene, ...] = ()
    error: DemoFailed | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.root = Path()

    def play(self, each: Callable[[Any, Any], None]) -> None:
        """Fail if told to."""
        del each
        if self.error is not None:
            raise self.error

    def look(self) -> tuple[Scene, ...]:
        """Return the scenes."""
        return self.scenes


def outcome(
    monkeypatch: pytest.MonkeyPatch,
    *,
    holds: bool,
    error: DemoFailed | None = None,
    as_json: bool = False,
) -> int:
    """Run the demo on a stage whose one claim holds or not."""
    scene = Scene("one", "A title", "A claim.", (Finding("found", holds=holds),))
    monkeypatch.setattr(FakeStage, "scenes", (scene,))
    monkeypatch.setattr(FakeStage, "error", error)
    monkeypatch.setattr(demo, "Stage", FakeStage)
    return demo.run(as_json=as_json)


@pytest.mark.parametrize("shown_as", ["json", "screen"])
@pytest.mark.parametrize(("truth", "code"), [("holds", 0), ("fails", 1)])
def test_a_claim_that_fails_fails_the_demo(
    monkeypatch: pytest.MonkeyPatch, truth: str, code: int, shown_as: str
) -> None:
    found = outcome(monkeypatch, holds=truth == "holds", as_json=shown_as == "json")
    assert found == code


def test_a_story_that_could_not_be_played_fails_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = DemoFailed("the inbox ended")
    assert outcome(monkeypatch, holds=True, error=error) == 1
    assert "the inbox ended" in capsys.readouterr().out


def test_json_holds_claim_evidence_and_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome(monkeypatch, holds=False, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is False
    assert document["scenes"] == [
        {
            "number": 1,
            "key": "one",
            "title": "A title",
            "claim": "A claim.",
            "passed": False,
            "evidence": [{"text": "found", "holds": False}],
            "exhibits": [],
        }
    ]
