"""Tools for those who work on the repository: make targets and tests call them."""
