"""What becomes of a message: it starts a turn, waits, steers, pauses; the turn ends, the session goes.

The rules by which a turn begins, waits and ends (docs/architecture.md) are kept here, each in one transaction.
Imports no route and no door.
"""
