"""What a command works with: what was said, where it prints, the client, and what was used last."""

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import click

from walkaway.commands import cleaning
from walkaway.commands.options import Said
from walkaway.commands.output import Output

if TYPE_CHECKING:
    from walkaway import Walkaway
    from walkaway._sync.transport import Transport
    from walkaway.commands.state import State
    from walkaway.profiles import Options

RETRIES = 2
"""A person waits for each request, and can type it again; what follows a log has its own patience."""


def connected(**options: Any) -> "Walkaway":
    """Make a client that leaves it to commands to say that a server is off. Raises SettingInvalid."""
    from walkaway import Walkaway

    _quiet()
    return Walkaway(**options)


def _quiet() -> None:
    import logging

    logging.getLogger("walkaway.transport").setLevel(logging.ERROR)


class App:
    """One run of the command line. Nothing is read or asked before somebody needs it."""

    def __init__(self) -> None:
        self.said = Said()
        self.out = Output(self.said)

    @property
    def asks(self) -> bool:
        """Whether somebody can be asked."""
        return not self.said.no_input and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

    @cached_property
    def options(self) -> "Options":
        """Where requests go, and which source has said so. Raises SettingInvalid."""
        from walkaway import profiles

        return profiles.options(self.said.url or None, None, self.said.profile or None, {})

    @cached_property
    def client(self) -> "Walkaway":
        """The client. Raises SettingInvalid."""
        return connected(url=self.said.url or None, profile=self.said.profile or None, retries=RETRIES)

    @cached_property
    def transport(self) -> "Transport":
        """What sends requests: for commands that need none of the client's nouns. Raises SettingInvalid."""
        from dataclasses import replace

        from walkaway._sync.transport import Transport

        _quiet()
        return Transport(replace(self.options, retries=RETRIES))

    @property
    def place(self) -> str:
        """Whose what is kept on this machine is. Raises SettingInvalid."""
        from walkaway.commands.state import whose

        return whose(self.options)

    @cached_property
    def state(self) -> "State":
        """What was used last."""
        from walkaway.commands.state import State

        return State(self.place, self.out.note)

    def sure(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone. Raises UsageError where nobody can be asked."""
        if yes:
            return
        if not self.asks:
            raise click.UsageError(f"{question} Say so: --yes")
        if not click.confirm(cleaning.name(question), err=True):
            raise click.exceptions.Exit(1)

    def end(self, code: int) -> NoReturn:
        """End with an exit code."""
        raise click.exceptions.Exit(code)


pass_app = click.make_pass_decorator(App)
