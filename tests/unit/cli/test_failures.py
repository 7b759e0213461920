"""An error is told in one line with its remedy, and ends with its exit code."""

from __future__ import annotations

import pytest

from hub.cli import exits, main, root
from hub.cli.failures import code_of, lines_of
from hub.errors import ConfigError, Fenced, Halted, HubError, Permanent, Poison, Retriable


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            ConfigError(("a: wrong", "b: wrong")),
            exits.ERROR,
            ["error: a: wrong", "error: b: wrong"],
        ),
        (Halted("Stopped.", remedy="go on"), exits.HALTED, ["halted: Stopped.", "remedy: go on"]),
        (
            Poison("bad-format", "data.x", "write it so"),
            exits.ERROR,
            ["refused: bad-format at data.x", "remedy: write it so"],
        ),
        (Poison("bad-format"), exits.ERROR, ["refused: bad-format", "remedy: "]),
        (Permanent("no", code="gone"), exits.ERROR, ["error: no (gone)"]),
    ],
)
def test_an_error_is_told_with_its_remedy(error: HubError, code: int, words: list[str]) -> None:
    assert lines_of(error) == words
    assert code_of(error) == code


@pytest.mark.parametrize("error", [Retriable("locked"), Fenced("moved")])
def test_an_outage_or_a_second_hub_has_a_remedy_too(error: HubError) -> None:
    assert lines_of(error)[-1].startswith("remedy: ")
    assert code_of(error) == exits.ERROR


@pytest.mark.promise("P6")
def test_a_fault_nobody_foresaw_shows_its_place_and_not_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise KeyError("CANARY-A9999ZZ")

    monkeypatch.setattr(root, "app", broken)
    with pytest.raises(SystemExit) as ended:
        main(["cases", "list"])

    said = capsys.readouterr().err
    assert ended.value.code == exits.ERROR
    assert said.startswith("fault of the hub: KeyError at test_failures.py:")
    assert "CANARY" not in said
