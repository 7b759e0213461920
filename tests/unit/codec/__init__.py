"""The codec: schemas, ids, wire format, conversion, registry and releases."""
