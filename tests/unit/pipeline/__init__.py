"""Tests of the pipeline, with fakes in memory."""
