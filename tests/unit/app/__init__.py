"""Tests of the composition root's parts."""
