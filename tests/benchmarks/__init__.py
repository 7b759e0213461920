"""What the hub costs on this machine: `make bench` prints it. See `__main__`."""
