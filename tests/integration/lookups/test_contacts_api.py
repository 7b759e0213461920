"""The example contacts API answers as documented and runs as a process of its own."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import msgspec

from hub.testing.contacts_data import ExamplePeople
from tests.integration.lookups.support import FRED, PEOPLE


def test_it_runs_as_a_process_and_ends_when_told(tmp_path: Path) -> None:
    data = tmp_path / "people.json"
    data.write_bytes(msgspec.json.encode(ExamplePeople(prisoners=PEOPLE)))
    command = [sys.executable, "-m", "hub.testing.contacts_api", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        status = status_of(f"http://127.0.0.1:{port}/prisoner/{FRED}/contact")
        process.send_signal(signal.SIGTERM)
        ended = process.wait(timeout=20)

    assert status == 401, "nobody reads without a token"
    assert ended == 0


def status_of(url: str) -> int:
    """Return the status that a request without token gets."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - loopback only
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
