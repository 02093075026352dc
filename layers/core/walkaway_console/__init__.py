"""The console's files: what `make console` makes of `console/`. Nothing here is written by hand."""

from importlib.resources import files

STATIC = files(__name__) / "static"
