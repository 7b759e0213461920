"""The case store: tables, queries and migrations."""
