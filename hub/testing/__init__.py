"""Public test kit: fake clock, in-memory parts, crash points."""
