"""Every proof of the hub, one folder per kind of test."""
