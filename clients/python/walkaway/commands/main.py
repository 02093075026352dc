"""The `walkaway` command: what there is, and how each run ends. A command is imported when it is called."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from walkaway.commands import cleaning, exits, options
from walkaway.commands.app import App
from walkaway.commands.output import throw_away
from walkaway.errors import WalkawayError
from walkaway_wire import VERSION

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

COMPLETING: Final = "_WALKAWAY_COMPLETE"
"""The variable by which a shell asks what can be typed."""
OWN: Final = {
    "agents": "agents:agents",
    "answer": "answer:answer",
    "api": "api:api",
    "apply": "apply:apply",
    "cancel": "wait:cancel",
    "chat": "chat:chat",
    "completion": "completion:completion",
    "demo": "demo:demo",
    "doctor": "doctor:doctor",
    "export": "apply:export",
    "files": "files:files",
    "inbox": "inbox:inbox",
    "listen": "listen:listen",
    "login": "account:login",
    "logout": "account:logout",
    "open": "open:open_",
    "profiles": "account:profiles",
    "run": "run:run",
    "runs": "runs:runs",
    "schedules": "schedules:schedules",
    "send": "run:send",
    "sessions": "sessions:sessions",
    "status": "account:status",
    "tail": "tail:tail",
    "tools": "tools:tools",
    "turns": "turns:turns",
    "wait": "wait:wait",
    "webhooks": "webhooks:webhooks",
}
"""The client's commands, and where each is. Whatever is installed beside the client adds its own."""


class _Commands(options.Group):
    """Finds commands here and among the installed packages, and tells how a run ends."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return sorted({*OWN, *_installed()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name in OWN:
            module, _, name = OWN[cmd_name].partition(":")
            own: click.Command = getattr(import_module(f"walkaway.commands.{module}"), name)
            return own
        if entry := _installed().get(cmd_name):
            command: click.Command = entry.load()
            return command
        return None

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *options.every()]

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002, FBT001, FBT002 - click's own
        **extra: Any,
    ) -> NoReturn:
        app = App()
        typed = sys.argv[1:] if args is None else args
        if COMPLETING in os.environ:
            from walkaway.commands import bash, zsh  # noqa: F401 - click finds them by the shells' names
        try:
            given = super().main(args, prog_name, complete_var, standalone_mode=False, obj=app, **extra)
            code = given if isinstance(given, int) else exits.DONE
            sys.stdout.flush()
        except BrokenPipeError:
            code = _unread()
        except click.Abort:
            if app.said.json:
                app.out.problem(exits.LEFT, "Interrupted")
            code = exits.DETACHED
        except (click.ClickException, WalkawayError, OSError) as error:
            code = _tell(app, error, typed)
        except Exception as error:  # noqa: BLE001 - whatever a server answers, nobody is shown a traceback
            from walkaway.commands import senseless

            code = _tell(app, senseless.told(error), typed)
        try:
            sys.stdout.flush()
        except OSError:  # a full disk, of which is told already
            throw_away(sys.stdout)
        sys.exit(code)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click would say that the command failed
            ctx.exit(_unread())
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("walkaway"):
                raise
            raise click.ClickException(
                f"`walkaway {ctx.invoked_subcommand}` belongs to the server, of which this installation lacks "
                f"{error.name}. Install both: pip install '.[local]' in a clone of Walkaway"
            ) from None


def _tell(app: App, error: Exception, args: Sequence[str]) -> int:
    """Say what went wrong on standard error: a sentence, or with --json an object. Give the exit code."""
    if isinstance(error, click.UsageError) and "--json" in args:  # whose reading may have ended before it
        app.said.json = True
    if isinstance(error, NoArgsIsHelpError) and not app.said.json:
        app.out.note(error.format_message())
    elif isinstance(error, click.UsageError) and error.ctx is not None and not app.said.json:
        shown = StringIO()
        click.UsageError(cleaning.text(error.format_message()), error.ctx).show(shown)
        app.out.note(shown.getvalue().removesuffix("\n"))
    else:
        said = exits.sentence(error)
        app.out.problem(exits.word(error), said, f"Error: {said}", fg="red")
    return exits.code(error)


def _unread() -> int:
    """Take note that nobody reads on: what is left is thrown away, quietly."""
    throw_away(sys.stdout)
    return exits.PIPE_CLOSED


def _installed() -> "dict[str, EntryPoint]":
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group="walkaway.commands")}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="walkaway")
def main() -> None:
    """Send an agent a task that takes minutes or hours, walk away, come back for the result."""
