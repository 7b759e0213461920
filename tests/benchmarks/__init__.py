"""Speed of the core and of the pipeline."""
