"""The demo's story, scenes and screen, without its processes."""
