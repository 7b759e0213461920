"""The parts of delivery that need no store."""
