"""Processes killed at every crash point."""
