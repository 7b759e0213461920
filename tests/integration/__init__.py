"""Several rooms together on real files and sockets."""
