"""Runs `hub` commands one after the other in a process of their own: imports are paid for once.

Reads `[{"arguments": [...], "given": "..."}]` as JSON, writes `[{"code", "out", "err"}]`.
"""

from __future__ import annotations

import io
import json
import sys

from hub.cli import main


def run(arguments: list[str], given: str) -> dict[str, object]:
    """Run one command with `given` as its standard input."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    sys.stdin = io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8")
    sys.stdout, sys.stderr = streams
    code: object = 0
    try:
        main(arguments)
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    said = []
    for stream in streams:
        stream.flush()
        said.append(stream.buffer.getvalue().decode())
    return {"code": code, "out": said[0], "err": said[1]}


if __name__ == "__main__":
    done = [run(each["arguments"], each["given"]) for each in json.load(sys.stdin)]
    json.dump(done, sys.stdout)
