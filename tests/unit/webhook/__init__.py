"""The webhook connector and the example inbox, over real HTTP on loopback."""
