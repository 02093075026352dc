"""Commands of `walkaway` that need the server's code."""
