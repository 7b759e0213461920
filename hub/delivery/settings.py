"""What an operator may set about delivery. Durations are seconds of real time."""

from __future__ import annotations

from hub.delivery.retry import RetrySchedule
from hub.domain.values import Value


class DeliverySettings(Value, frozen=True, kw_only=True):
    """The dispatcher's limits and waits.

    `intent_lifetime_s`: from the disclosure intent to the first byte at the latest (rule 9).
    `attempt_timeout_s`: after that an attempt is given up. `claim_patience_s`: how long a claimed
    row may wait for a free place before it is given back. `result_window_s`: how long results are
    gathered for one transaction. `grace_s`: how long running attempts may go on after a stop.
    """

    intent_lifetime_s: float = 5.0
    attempt_timeout_s: float = 30.0
    max_consent_staleness_s: float = 300.0
    claim_limit: int = 64
    claim_patience_s: float = 20.0
    concurrency: int = 8
    per_recipient: int = 4
    denied_retry_s: float = 60.0
    recall_wait_s: float = 1.0
    poll_s: float = 0.2
    result_window_s: float = 0.02
    grace_s: float = 10.0
    retry: RetrySchedule = RetrySchedule()
    breaker_failures: int = 5
    breaker_pause_s: float = 30.0

    @property
    def lease_s(self) -> float:
        """How long a claim lasts: longer than all that one worker may do with a row (rule 10)."""
        return self.claim_patience_s + self.intent_lifetime_s + 2 * self.attempt_timeout_s
