"""Look-ups over real HTTP, against the example contacts API."""
