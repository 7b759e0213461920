"""The story of the demo over the real processes, claim by claim."""
