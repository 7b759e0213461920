"""The demo: a story of invented people played over the hub's real processes, and what it shows."""
