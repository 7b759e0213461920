"""Exit codes of every command, for scripts."""

from __future__ import annotations

from typing import Final

OK: Final = 0
ERROR: Final = 1
USAGE: Final = 2
"""The command line itself was wrong."""
PARTLY: Final = 3
"""Some of what was handed in was refused or names what nobody knows; the rest was taken."""
HALTED: Final = 4
"""The hub stopped on purpose and waits for an operator."""
