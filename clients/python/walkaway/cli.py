"""The `walkaway` command: whatever commands are installed."""

from importlib.metadata import entry_points

import click

from walkaway_wire import VERSION


class _Commands(click.Group):
    """Finds commands among the installed packages, and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return sorted(entry.name for entry in _installed())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        for entry in _installed():
            if entry.name == cmd_name:
                command: click.Command = entry.load()
                return command
        return None

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("walkaway"):
                raise
            raise click.ClickException(
                f"`walkaway {ctx.invoked_subcommand}` belongs to the server, of which this installation lacks "
                f"{error.name}. Install both: pip install '.[local]' in a clone of Walkaway"
            ) from None


def _installed() -> tuple:  # type: ignore[type-arg]
    return tuple(entry_points(group="walkaway.commands"))


@click.group(cls=_Commands)
@click.version_option(VERSION, prog_name="walkaway")
def main() -> None:
    """Send an agent a task that takes minutes or hours, walk away, come back for the result."""
