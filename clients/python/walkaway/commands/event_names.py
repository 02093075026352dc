"""Names of events, as `--event` takes them: what fits none would be waited for in vain, and is refused."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

import click


def option(about: str, *, patterns: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the option. `patterns`: a name may be one such as `turn.*`; else `*` alone is, which stands for all."""

    def checked(_: click.Context, __: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
        for each in names:
            _check(each, patterns=patterns)
        return names

    return click.option("--event", "events", multiple=True, metavar="NAME", callback=checked, help=about)


def _check(name: str, *, patterns: bool) -> None:
    """Raise UsageError for what is no event's name, with the names that are like it."""
    from walkaway_wire.webhooks import ALL, MEANINGS

    if name == ALL or name in MEANINGS or (patterns and any(fnmatchcase(each, name) for each in MEANINGS)):
        return
    from difflib import get_close_matches

    kinds = _kinds(MEANINGS)
    like = " or ".join(map(repr, get_close_matches(name, [*MEANINGS, *(kinds if patterns else ())], n=2)))
    instead = f"Did you mean {like}?" if like else f"They are called {', '.join(kinds)}"
    raise click.UsageError(f"--event: there is no event {name[:100]!r}. {instead}")


def _kinds(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(f"{each.partition('.')[0]}.*" for each in names))
