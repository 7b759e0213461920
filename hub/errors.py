"""Exceptions of the hub, named by how to recover from them.

Whoever catches one of these knows what to do from its class alone: try again (`Retriable`), give
up on this operation (`Permanent`), put one record aside (`Poison`), refuse (`Denied`), ask the
operator to mend the configuration (`ConfigError`), or stop the process (`Fenced`, `Halted`).
Messages never carry personal data: they name a field and a remedy, not the value.
"""

from __future__ import annotations


class HubError(Exception):
    """Base of all errors that the hub raises on purpose."""


class Retriable(HubError):
    """The same call may succeed later: a connection, a lock, a vault that does not answer.

    `retry_after_s` is the wait in seconds that the other side asked for, if it did.
    `possibly_sent` is false only if it is certain that no byte of a request left (rule 10: such an
    attempt disclosed nothing). `code` is machine-readable.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        possibly_sent: bool = True,
        code: str = "retriable",
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.possibly_sent = possibly_sent
        self.code = code


class Permanent(HubError):
    """The same call will fail again: a refusal that no retry changes. `code` is machine-readable.

    `possibly_sent` is false only if it is certain that no byte of a request left.
    """

    def __init__(
        self, message: str, *, code: str = "permanent", possibly_sent: bool = True
    ) -> None:
        super().__init__(message)
        self.code = code
        self.possibly_sent = possibly_sent


class Poison(HubError):
    """One record can't be understood; its neighbours can. It becomes a dead letter.

    `reason` is a code of the dead-letter vocabulary, `field_path` the dotted path of the field at
    fault ("" if the record as a whole is), `remedy` one sentence for the operator.
    """

    def __init__(self, reason: str, field_path: str = "", remedy: str = "") -> None:
        super().__init__(f"{reason} at {field_path or '(record)'}{': ' + remedy if remedy else ''}")
        self.reason = reason
        self.field_path = field_path
        self.remedy = remedy


class Denied(HubError):
    """A rule forbids it. `reasons` holds every reason code, never only the first."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("denied: " + ", ".join(reasons))
        self.reasons = reasons


class ConfigError(HubError):
    """The configuration is wrong. `problems` holds every fault found, each with its remedy."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Fenced(HubError):
    """Another worker moved the position: this one is stale and must not go on."""


class Halted(HubError):
    """The hub stopped on purpose and waits for an operator. `remedy` says what ends the halt."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(f"{message} Remedy: {remedy}")
        self.remedy = remedy
