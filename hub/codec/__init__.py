"""Avro schemas and the wire format of records."""
