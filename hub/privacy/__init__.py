"""Sealing, pseudonyms and keys."""
