"""The few interfaces by which the shell touches the world: log, store, vault, connectors, clock.

The pipeline, delivery and every connector are written against these Protocols. Values that cross a
port are frozen; sealed bytes stay sealed on their way to the store.
"""

from hub.ports.clock import Clock
from hub.ports.codec import EventCodec
from hub.ports.connectors import (
    Capabilities,
    Connector,
    ConnectorType,
    IntentWindow,
    OutboundMessage,
    Receipt,
)
from hub.ports.delivery import (
    Attempt,
    AttemptOutcome,
    ClaimedSend,
    DeliveryBatch,
    DeliveryStore,
    EarlierSend,
    Intent,
    RecallTerms,
)
from hub.ports.ingress import IngressStore, RelayStore
from hub.ports.keys import DataKey, KeyVault, Pseudonyms, Sealer
from hub.ports.log import BatchHandler, EventLog, LogIdentity, LogRecord, NewRecord, Topic
from hub.ports.sources import ChildrenLookup, Source, SourceContext, SourceType, Translation
from hub.ports.store import (
    Batch,
    BatchWrites,
    CaseStore,
    DeadLetter,
    DueEvent,
    FactRow,
    LookupRow,
    Outcome,
    OutcomeKind,
    SendRow,
    StoredCase,
    StoredEpisode,
    TaskRow,
    WithheldRow,
)

__all__ = [
    "Attempt",
    "AttemptOutcome",
    "Batch",
    "BatchHandler",
    "BatchWrites",
    "Capabilities",
    "CaseStore",
    "ChildrenLookup",
    "ClaimedSend",
    "Clock",
    "Connector",
    "ConnectorType",
    "DataKey",
    "DeadLetter",
    "DeliveryBatch",
    "DeliveryStore",
    "DueEvent",
    "EarlierSend",
    "EventCodec",
    "EventLog",
    "FactRow",
    "IngressStore",
    "Intent",
    "IntentWindow",
    "KeyVault",
    "LogIdentity",
    "LogRecord",
    "LookupRow",
    "NewRecord",
    "OutboundMessage",
    "Outcome",
    "OutcomeKind",
    "Pseudonyms",
    "RecallTerms",
    "Receipt",
    "RelayStore",
    "Sealer",
    "SendRow",
    "Source",
    "SourceContext",
    "SourceType",
    "StoredCase",
    "StoredEpisode",
    "TaskRow",
    "Topic",
    "Translation",
    "WithheldRow",
]
