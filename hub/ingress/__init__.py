"""Where drafts become records of the log: the appender, the poller of due events, the look-ups."""

from hub.ingress.appender import Appended, Appender
from hub.ingress.due_poller import DuePoller
from hub.ingress.each import Append, append_each
from hub.ingress.lookup_runner import LookupRunner, RetryPlan

__all__ = [
    "Append",
    "Appended",
    "Appender",
    "DuePoller",
    "LookupRunner",
    "RetryPlan",
    "append_each",
]
