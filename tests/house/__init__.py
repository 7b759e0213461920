"""The rules of this house, checked on its own files."""
