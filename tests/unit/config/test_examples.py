"""The example of a whole site is complete: with its secrets made, nothing in it is at fault."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

from hub.config import check

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def test_the_example_site_has_no_fault(tmp_path: Path) -> None:
    for name in ("hub", "policy", "directory"):
        shutil.copy(EXAMPLES / f"{name}.example.toml", tmp_path / f"{name}.toml")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("hmpps", "consent-desk", "jugendamt-musterstadt"):
        (secrets / name).write_text(f"made-up-credential-of-{name}")
    (secrets / "webhook").write_text("whsec_" + base64.b64encode(bytes(range(32))).decode())

    checked = check(tmp_path / "hub.toml", {})

    assert (checked.problems, checked.misfits) == ((), ())
