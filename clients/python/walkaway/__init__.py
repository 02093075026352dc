"""The command line of Walkaway."""
