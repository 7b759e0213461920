"""The embedded log with real processes, real kills and damaged files."""
