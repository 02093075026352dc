"""How a turn waits for its caller: the calls that were asked, the waiting itself, and the answers."""
