"""Tests of the parts of the HTTP interface."""
