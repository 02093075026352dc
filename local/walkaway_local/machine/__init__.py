"""The Machine on one computer: the deployed state machine file, read and carried out here.

asl.py loads and refuses, paths.py finds and places data, choices.py decides, frames.py is where an execution stands,
execution.py moves it from state to state, machine.py is the port: it stores every move, calls the tasks in a pool and
keeps the timers.
"""
