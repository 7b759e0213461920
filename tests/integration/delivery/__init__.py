"""Delivery against the real store on SQLite and real HTTP on loopback."""
