"""The store, on every database it supports."""
