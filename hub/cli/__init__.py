"""The `hub` command: one small file per command group."""
