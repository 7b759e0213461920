"""Every metric of the hub, with its meaning: the documents, dashboards and alerts are checked here.

Labels hold codes, names that an operator gave, and ids of recipients; never a pseudonym, since a
metric lives outside every retention rule. Rooms import the metric that they feed; what the store
knows (open tasks, holds, backlogs) is read when the metrics are asked for.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry(auto_describe=True)
"""The hub's own registry, so that a library's metrics never appear by accident."""


class Kind(StrEnum):
    """How a metric behaves. `READ` is a gauge read from the store at the time of asking."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"
    READ = "read"


class Definition(NamedTuple):
    """One metric: its name as scraped, kind, labels, and what it tells an operator."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str


METRICS: Final[dict[str, Definition]] = {}
"""Name -> definition, in the order of definition."""


def _define(name: str, kind: Kind, labels: tuple[str, ...], meaning: str) -> Definition:
    METRICS[name] = Definition(name, kind, labels, meaning)
    return METRICS[name]


def _counter(name: str, labels: tuple[str, ...], meaning: str) -> Counter:
    _define(name, Kind.COUNTER, labels, meaning)
    return Counter(name, meaning, labels, registry=REGISTRY)


def _histogram(name: str, buckets: tuple[float, ...], meaning: str) -> Histogram:
    _define(name, Kind.HISTOGRAM, (), meaning)
    return Histogram(name, meaning, (), buckets=buckets, registry=REGISTRY)


def _gauge(name: str, labels: tuple[str, ...], meaning: str) -> Gauge:
    _define(name, Kind.GAUGE, labels, meaning)
    return Gauge(name, meaning, labels, registry=REGISTRY)


def _read(name: str, labels: tuple[str, ...], meaning: str) -> Definition:
    return _define(name, Kind.READ, labels, meaning)


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# --- fed by the roles ---------------------------------------------------------------------------

INGRESS_REQUESTS = _counter(
    "hub_ingress_requests_total",
    ("endpoint", "outcome"),
    "Requests at the ingress by endpoint and outcome: accepted, or the reason of the refusal.",
)
EVENTS = _counter(
    "hub_events_total",
    ("tenant", "outcome", "reason"),
    "Records decided, by outcome (applied, ignored, dead-lettered) and reason code (P1).",
)
BATCH_RECORDS = _histogram(
    "hub_batch_records",
    (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
    "Records in one transaction of the processor.",
)
BATCH_SECONDS = _histogram(
    "hub_batch_seconds", _SECONDS, "Duration of one batch from decoding to commit, in seconds."
)
BATCH_STEP_SECONDS = _counter(
    "hub_batch_step_seconds_total",
    ("step",),
    "Seconds spent in each step of a batch: decode, unseal, load, decide, seal, persist, commit.",
)
DECIDE_LAG_SECONDS = _histogram(
    "hub_decide_lag_seconds",
    (*_SECONDS, 30.0, 60.0, 300.0, 1800.0),
    "From an event's recorded_at to its commit, in seconds.",
)
ATTEMPTS = _counter(
    "hub_delivery_attempts_total",
    ("tenant", "recipient", "outcome"),
    "Delivery attempts by recipient and outcome (delivered, retriable, permanent, not-sent).",
)
PERMITS_DENIED = _counter(
    "hub_permits_denied_total",
    ("tenant", "reason"),
    "Times the dispatcher was denied a permit, by reason; a permit counts once for each reason.",
)
LOOKUPS = _counter(
    "hub_lookups_total",
    ("source", "outcome"),
    "Look-ups of children by source and outcome (answered, retried, failed).",
)
BUILD_INFO = _gauge("hub_build_info", ("version",), "Always 1; the version is in its label.")

# --- read from the store ------------------------------------------------------------------------

HALTED = _read(
    "hub_halted",
    ("tenant",),
    "1 while the processor is halted; `hub resume --reason` ends it (P9).",
)
STOPPED = _read(
    "hub_delivery_stopped",
    ("tenant",),
    "1 while the emergency brake is on; `hub delivery start` ends it.",
)
STALENESS = _read(
    "hub_caught_up_age_seconds",
    ("tenant", "partition"),
    "Age of the decided view of a partition, in seconds; referrals wait when it is too old (P4).",
)
TASKS_OPEN = _read("hub_tasks_open", ("tenant", "kind"), "Tasks that wait for a person.")
WITHHELD = _read(
    "hub_withheld", ("tenant", "reason"), "Referrals not made now, once for each reason."
)
UNSENT = _read(
    "hub_unsent_messages",
    ("tenant", "state"),
    "Messages not sent yet: waiting, denied, leased (under way), parked (behind another).",
)
OLDEST_READY = _read(
    "hub_oldest_unsent_age_seconds",
    ("tenant",),
    "Age of the oldest message that waits to leave, in seconds; 0 if none waits.",
)
OLDEST_RECALL = _read(
    "hub_oldest_recall_age_seconds",
    ("tenant",),
    "Age of the oldest recall that its recipient does not know of, in seconds; 0 if there is none.",
)
DEAD_LETTERS = _read(
    "hub_dead_letters_open",
    ("tenant",),
    "Dead letters neither understood nor discarded; each with a legible person holds it (P11).",
)
ILLEGIBLE_DEAD_LETTERS = _read(
    "hub_dead_letters_illegible",
    ("tenant",),
    "Open dead letters of which a person is not legible (of a merge, link or booking move also "
    "the second one): critical, since nobody is held for them (P11).",
)
HOLDS = _read(
    "hub_holds", ("tenant",), "Persons held because input about them was not understood (P11)."
)
DUE_BACKLOG = _read(
    "hub_due_events_undecided", ("tenant",), "Timers and notes that are due and not decided yet."
)
LOOKUPS_OPEN = _read("hub_lookups_open", ("tenant",), "Look-ups of children not answered yet.")
UNPUBLISHED = _read(
    "hub_facts_unpublished", ("tenant",), "Life-cycle facts that the relay has yet to publish."
)
STORE_READABLE = _read(
    "hub_store_readable", ("tenant",), "1 if the store answered when the metrics were asked for."
)
