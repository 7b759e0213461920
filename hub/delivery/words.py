"""The dispatcher's own reasons, beside the permit's: why a row waits, is refused or was ended."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why nothing may leave now although the permit itself may hold; the row is tried again."""

    UNREADABLE = "content-unreadable"
    ERASED = "erased"
    CASE_UNKNOWN = "case-unknown"
    CONNECTOR_MISSING = "connector-missing"
    NOT_CARRIED = "not-carried-by-connector"
    OUTDATED = "outdated"
    FAULT = "dispatcher-fault"


class Cancelled(StrEnum):
    """Why a row ended without being sent."""

    NOTHING_DISCLOSED = "nothing-disclosed"
    RETRACTED = "retracted"
    ERASED = "erased"
    OUTDATED = "outdated"


class Code(StrEnum):
    """How an attempt ended, where no connector says it more precisely."""

    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not-accepted"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    CONNECTOR_ERROR = "connector-error"
