"""One part alone, no I/O."""
