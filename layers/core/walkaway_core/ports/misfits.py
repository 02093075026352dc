"""What is stored and is not what it must be: raised with a sentence that people can be shown."""

from typing import Any

from walkaway_wire import gate, jsontext

SHOWN = 60
"""Characters of a value that a sentence repeats."""


class Misfit(ValueError):
    """A stored value is missing, or is not what it must be; the message says which, in the words of JSON."""

    @classmethod
    def of(cls, name: str, value: Any) -> "Misfit":
        """Say of a value under its name that it is not what it must be."""
        text = "missing" if value is None else jsontext.dumps(gate.mended(value))
        return cls(f"`{name}` is {text[:SHOWN]}")


def sentence(error: Exception) -> str:
    """Say for people what went wrong in reading a record: Python's own words are for those who know it."""
    if isinstance(error, Misfit):
        return str(error)
    if isinstance(error, KeyError) and error.args:
        return f"`{error.args[0]}` is missing"
    return "a value in it is not of the kind that it must be"
