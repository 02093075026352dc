"""What becomes of a message: it starts a turn, waits, steers, pauses; the turn ends, the session goes.

Every rule of docs/architecture.md about turns is kept here, each in one transaction. Imports no route and no door.
"""
