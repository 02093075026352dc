"""What a shell offers for a name that is half typed: sessions, agents and schedules by name, else by id.

The server has a second. Whatever goes wrong, nothing is offered, and nothing is said among what somebody types.
"""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from walkaway.commands import cleaning, names
from walkaway.errors import WalkawayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from click.shell_completion import CompletionItem

    from walkaway import Walkaway
    from walkaway.commands.app import App

BUDGET = 1.0
"""Seconds."""
MOST = 100


def sessions(ctx: click.Context, param: click.Parameter, typed: str) -> "list[CompletionItem]":  # noqa: ARG001 - click's
    """Offer sessions: the title where one alone has it, and the id where an id is being typed."""

    def asked(client: "Walkaway") -> list[tuple[str, str]]:
        found = list(client.sessions.list(limit=MOST))
        titles = [each.title.casefold() for each in found]
        offered = [(each.title, each.id) for each in found if each.title and titles.count(each.title.casefold()) == 1]
        if typed:
            return offered + [(each.id, each.title) for each in found if _of_id(each.id, typed, "sess_")]
        return offered or [(each.id, "") for each in found]

    return _offered(ctx, typed, asked)


def agents(ctx: click.Context, param: click.Parameter, typed: str) -> "list[CompletionItem]":  # noqa: ARG001 - click's
    """Offer agents by their names."""
    return _offered(
        ctx, typed, lambda client: [(each.name, each.description) for each in client.agents.list(limit=MOST)]
    )


def schedules(ctx: click.Context, param: click.Parameter, typed: str) -> "list[CompletionItem]":  # noqa: ARG001 - click's
    """Offer schedules by their names, else their ids."""
    return _offered(
        ctx,
        typed,
        lambda client: [(each.name or each.id, each.record.description) for each in client.schedules.list(limit=MOST)],
    )


def _of_id(id_: str, typed: str, kind: str) -> bool:
    return id_.startswith(typed) or names.fits(id_, typed, kind)


def _offered(
    ctx: click.Context, typed: str, ask: "Callable[[Walkaway], Iterable[tuple[str, str]]]"
) -> "list[CompletionItem]":
    import httpx2  # noqa: F401 - what the client takes its time to import is no time of the server's
    from click.shell_completion import CompletionItem

    app: App = ctx.find_root().obj
    found: list[tuple[str, str]] = []
    with suppress(WalkawayError):  # of a profile that is none, say: somebody is typing
        client = app.client.with_options(timeout=BUDGET, retries=0)

        def asked() -> None:
            with suppress(Exception):  # of whatever kind
                found.extend(ask(client))

        asking = threading.Thread(target=asked, daemon=True)
        asking.start()
        asking.join(BUDGET)
    harmless = [each for each in found if cleaning.line(each[0]) == each[0]]
    fitting = [each for each in harmless if each[0].casefold().startswith(typed.casefold()) or each[0].endswith(typed)]
    return [CompletionItem(value, help=cleaning.line(about) or None) for value, about in fitting]
