"""HTTP: ingress, acknowledgements and health."""
