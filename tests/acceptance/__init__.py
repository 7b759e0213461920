"""The demo's story over the real processes."""
