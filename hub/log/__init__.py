"""Event-log backends behind one port."""
