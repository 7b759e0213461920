"""Composition root: wires the rooms into processes."""
