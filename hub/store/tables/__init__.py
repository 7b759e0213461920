"""All tables, as typed mapped classes; importing this package completes the metadata.

Clear columns hold pseudonyms, ids, versions, states and codes; whatever identifies somebody is in
a column named `sealed`. Every table about a case carries its tenant.
"""

from hub.store.tables.base import Base, table
from hub.store.tables.cases import CaseTable, ChildTable, ClosedEpisodeTable
from hub.store.tables.control import (
    BrakeTable,
    DirectoryTable,
    HaltTable,
    LeaseTable,
    PolicyTable,
)
from hub.store.tables.intake import (
    DeadLetterTable,
    InboxTable,
    LetterState,
    OutcomeTable,
    PartitionViewTable,
    PositionTable,
)
from hub.store.tables.log import DecisionLogTable, RelayMarkTable
from hub.store.tables.outbox import AttemptTable, IntentTable, OutboxTable, SendState
from hub.store.tables.owed import DueEventTable, LookupTable, TaskTable, WithheldTable

__all__ = [
    "AttemptTable",
    "Base",
    "BrakeTable",
    "CaseTable",
    "ChildTable",
    "ClosedEpisodeTable",
    "DeadLetterTable",
    "DecisionLogTable",
    "DirectoryTable",
    "DueEventTable",
    "HaltTable",
    "InboxTable",
    "IntentTable",
    "LeaseTable",
    "LetterState",
    "LookupTable",
    "OutboxTable",
    "OutcomeTable",
    "PartitionViewTable",
    "PolicyTable",
    "PositionTable",
    "RelayMarkTable",
    "SendState",
    "TaskTable",
    "WithheldTable",
    "table",
]
