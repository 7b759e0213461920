"""Tests of the HTTP interface over real sockets."""
