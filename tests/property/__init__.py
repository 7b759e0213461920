"""Claims that hold for every generated history."""
