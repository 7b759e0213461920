"""One batch of the log becomes one transaction: each step has its own file."""
