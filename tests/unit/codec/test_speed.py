"""The codec is on the path of every event: a limit far above what it takes, to notice a cliff."""

from __future__ import annotations

from timeit import repeat

from tests.unit.codec.support import MOVEMENT, codec, meta

LIMIT_US = 400
"""Microseconds; measured are about 55 on a small machine."""


def test_a_movement_with_its_envelope_is_written_and_read_in_microseconds() -> None:
    hot = codec()

    def there_and_back() -> None:
        sealed = hot.encode_payload(MOVEMENT)
        envelope, payload = hot.decode_record(hot.encode_record(meta(), sealed))
        hot.decode_payload(envelope.type, payload)

    best_us = min(repeat(there_and_back, number=200, repeat=5)) / 200 * 1e6
    assert best_us < LIMIT_US
