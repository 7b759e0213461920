"""The `hub` command: one small file per command group."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit code (see `hub.cli.exits`)."""
    from hub.cli.failures import code_of, tell, tell_unforeseen
    from hub.cli.root import app
    from hub.errors import HubError

    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="hub")
    except HubError as error:
        tell(error)
        sys.exit(code_of(error))
    except BrokenPipeError:
        # Whoever read our output (`| head`) has seen enough.
        sys.stderr.close()
    except Exception as error:  # noqa: BLE001 - a traceback may show personal data (P6)
        tell_unforeseen(error)
        sys.exit(1)
    sys.exit(0)
