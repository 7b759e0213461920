"""The hub's own forms: CloudEvents, CSV, what operators type."""
