"""Says what a variable is that looks like a setting and is none: it is passed over, as a later release may know it."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Final

import click

from walkaway_core.settings import Settings

OURS: Final = {"WALKAWAY_URL", "WALKAWAY_KEY", "WALKAWAY_SANDBOX_ROOT", "WALKAWAY_SEEDS"}
"""Variables that are no settings of the server: of clients, the sandbox of a deployed stack, and a test."""
OF_TESTS: Final = "WALKAWAY_TEST_"
ALIKE: Final = 0.8
"""How alike a name must be to be meant (difflib's ratio): a letter or two in which they differ."""


def warn(environ: Mapping[str, str]) -> None:
    """Write a line to stderr for each variable that is no setting; its value is not repeated."""
    for sentence in _sentences(environ):
        click.echo(sentence, err=True)


def _sentences(environ: Mapping[str, str]) -> Iterator[str]:
    known = {setting.metadata["variable"] for setting in fields(Settings)} | OURS
    for name in sorted(environ.keys() - known):
        if name.upper().startswith("WALKAWAY_") and not name.startswith(OF_TESTS):
            yield f"{name[:100]!r} is no setting and is ignored{_meant(name, known)}"


def _meant(name: str, known: set[str]) -> str:
    """Ask whether the nearest name was meant, if one is near."""
    import difflib

    near = difflib.get_close_matches(name[:100].upper(), sorted(known), 1, ALIKE)
    return f"; did you mean {near[0]}?" if near else "; docs/reference.md#settings has all there are"
