"""What is said where something makes no sense: an answer of the server's that is none, or a mistake of ours."""

import sys
import traceback
from pathlib import Path

import click


class Senseless(click.ClickException):
    """Something that nobody has foreseen. With PYTHONDEVMODE=1 Python shows all of it instead."""

    def __init__(self, error: Exception) -> None:
        at = traceback.extract_tb(error.__traceback__)[-1]
        super().__init__(
            f"This makes no sense here ({type(error).__name__}: {str(error)[:200]}; {Path(at.filename).name}, line "
            f"{at.lineno}): either what the server answers is not as Walkaway does, or walkaway is wrong. `walkaway "
            "doctor` looks at the server; PYTHONDEVMODE=1 shows all, for a report"
        )


def told(error: Exception) -> Senseless:
    """Give what to say of an error; raises it as it is where Python is told to help developers."""
    if sys.flags.dev_mode:
        raise error
    return Senseless(error)
