"""The case store: tables, queries and migrations."""

from hub.store.migrate import current, expected, upgrade
from hub.store.store import Store, open_store, upgrade_store

__all__ = ["Store", "current", "expected", "open_store", "upgrade", "upgrade_store"]
