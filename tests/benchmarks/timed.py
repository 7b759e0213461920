"""Codec and sealer that also tell how long they took."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from hub.domain.events import Meta, Payload
from hub.ports import DataKey, EventCodec, FactRow, Sealer

T = TypeVar("T")


class Stopwatch:
    """Adds up the seconds of calls."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def time(self, call: Callable[[], T]) -> T:
        """Make the call."""
        started = time.perf_counter()
        try:
            return call()
        finally:
            self.seconds += time.perf_counter() - started


class TimedCodec:
    """An `EventCodec` under a stopwatch."""

    def __init__(self, inner: EventCodec, watch: Stopwatch) -> None:
        self._inner = inner
        self._watch = watch

    def encode_payload(self, payload: Payload) -> bytes:
        """Return the payload in wire format."""
        return self._watch.time(lambda: self._inner.encode_payload(payload))

    def decode_payload(self, record_type: str, data: bytes) -> Payload:
        """Return the payload."""
        return self._watch.time(lambda: self._inner.decode_payload(record_type, data))

    def encode_record(self, meta: Meta, sealed: bytes) -> bytes:
        """Return the whole record in wire format."""
        return self._watch.time(lambda: self._inner.encode_record(meta, sealed))

    def decode_record(self, data: bytes) -> tuple[Meta, bytes]:
        """Return envelope and sealed payload."""
        return self._watch.time(lambda: self._inner.decode_record(data))

    def encode_fact(self, fact: FactRow) -> bytes:
        """Return a life-cycle fact in wire format."""
        return self._watch.time(lambda: self._inner.encode_fact(fact))


class TimedSealer:
    """A `Sealer` under a stopwatch."""

    def __init__(self, inner: Sealer, watch: Stopwatch) -> None:
        self._inner = inner
        self._watch = watch

    def seal(self, key: DataKey, context: str, plaintext: bytes) -> bytes:
        """Return sealed bytes."""
        return self._watch.time(lambda: self._inner.seal(key, context, plaintext))

    def open(self, key: DataKey, context: str, sealed: bytes) -> bytes:
        """Return the plaintext."""
        return self._watch.time(lambda: self._inner.open(key, context, sealed))
