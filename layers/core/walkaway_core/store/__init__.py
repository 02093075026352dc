"""What stands in the Table and the Workspace: keys, records, due items, what happens once.

A record is read here and says who may change what; what becomes of a message is the engine's. Imports ports
and what is below.
"""
