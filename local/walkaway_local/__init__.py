"""The embedded stack: the ports of the core on one machine, and the server that runs on them."""
