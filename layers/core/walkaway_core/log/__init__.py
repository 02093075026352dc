"""What happened and what was said: only ever added to, read from any cursor. Imports the store and ports."""
