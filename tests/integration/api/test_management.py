"""Liveness, readiness and metrics tell the truth on a port of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from hub.api import management
from hub.api.management import Check, Management
from hub.api.progress import Progress
from hub.errors import Halted, Retriable
from tests.integration.api.rig import Client, listening


class Part:
    """Something a role depends on, that can fail."""

    def __init__(self) -> None:
        self.fault: Exception | None = None

    def check(self) -> None:
        """Fail if told so."""
        if self.fault is not None:
            raise self.fault


class FakeTime:
    """Monotonic time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Rig:
    """A management port with two roles."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.progress = Progress(monotonic=self.time)
        self.log, self.halt = Part(), Part()
        self.registry = CollectorRegistry()
        checks = {
            "ingest": (Check("log", self.log.check),),
            "processor": (Check("log", self.log.check), Check("halt", self.halt.check)),
        }
        self.app = Management(self.progress, checks, self.registry).app()


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def client(rig: Rig) -> Iterator[Client]:
    with listening(rig.app) as found:
        yield found


def status(client: Client, path: str) -> int:
    """Return the status of a GET."""
    return client.request("GET", path, None, {}).status


@pytest.mark.promise("P9")
def test_a_halt_turns_only_the_processor_red(rig: Rig, client: Client) -> None:
    rig.halt.fault = Halted("too many dead letters.", remedy="hub resume --reason ...")

    red = client.request("GET", "/ready?role=processor", None, {})

    assert red.status == 503
    assert red.document["failed"][0]["check"] == "halt"
    assert "hub resume" in red.document["failed"][0]["remedy"]
    assert status(client, "/ready?role=ingest") == 200
    assert status(client, "/ready") == 503
    assert status(client, "/live") == 200


@pytest.mark.promise("P10")
def test_an_outage_is_red_but_alive(rig: Rig, client: Client) -> None:
    rig.log.fault = Retriable("the log does not answer")

    assert status(client, "/ready?role=ingest") == 503
    assert status(client, "/live") == 200
    rig.log.fault = None
    assert status(client, "/ready?role=ingest") == 200


def test_an_unforeseen_fault_of_a_check_means_not_ready(rig: Rig, client: Client) -> None:
    rig.log.fault = RuntimeError("secret")

    answer = client.request("GET", "/ready", None, {})

    assert answer.status == 503
    assert "secret" not in str(answer.document)


@pytest.mark.promise("P10")
def test_a_check_that_hangs_means_not_ready(
    rig: Rig, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(management, "CHECK_TIMEOUT_S", 0.05)
    release = threading.Event()
    monkeypatch.setattr(rig.log, "check", release.wait)
    rig_checks = {"ingest": (Check("log", lambda: assert_released(release)),)}
    with listening(Management(rig.progress, rig_checks, rig.registry).app()) as hanging:
        answer = hanging.request("GET", "/ready", None, {})
        release.set()

    assert answer.status == 503
    assert status(client, "/live") == 200


def assert_released(event: threading.Event) -> None:
    """Wait until a test lets go."""
    assert event.wait(10)


def test_a_role_that_runs_elsewhere_is_told(client: Client) -> None:
    answer = client.request("GET", "/ready?role=delivery", None, {})

    assert (answer.status, answer.document["reason"]) == (404, "role-not-here")


@pytest.mark.promise("P10")
def test_a_loop_without_turns_is_not_alive(rig: Rig, client: Client) -> None:
    rig.progress.turn("processor")
    rig.time.seconds = 59
    assert status(client, "/live") == 200
    rig.time.seconds = 61
    assert status(client, "/live") == 503


def test_metrics_are_served_in_the_text_format(rig: Rig, client: Client) -> None:
    Counter("invented", "An invented metric.", registry=rig.registry).inc()

    answer = client.request("GET", "/metrics", None, {})

    assert answer.status == 200
    assert "invented_total 1.0" in answer.document
