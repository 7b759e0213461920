"""Tests of the command line over a real data directory."""
