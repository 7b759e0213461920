"""The integration hub between justice and welfare systems."""
