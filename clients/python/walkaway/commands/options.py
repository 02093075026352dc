"""What can be said with every command, before it or behind it; and commands whose help ends with examples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


ELSEWHERE: Mapping[str, Sequence[str]] = {
    "help": ("--help",), "version": ("--version",), "ls": ("list", "sessions"), "rm": ("delete", "rm"),
    "remove": ("delete", "rm"), "get": ("show",), "describe": ("show",), "new": ("create", "run"), "add": ("create",),
    "list": ("ls", "sessions"), "delete": ("rm",), "ask": ("run",), "logs": ("tail",), "log": ("tail",),
    "follow": ("tail",), "attach": ("tail",), "stop": ("cancel",), "kill": ("cancel",), "approve": ("answer",),
    "start": ("serve", "run"), "server": ("serve",), "download": ("get",), "upload": ("put",), "jobs": ("runs",),
}  # fmt: skip
"""What other programs call what is here: each word with ours."""


@dataclass
class Said:
    """What was said for every command. Empty: nothing."""

    json: bool = False
    field: str = ""
    quiet: bool = False
    no_input: bool = False
    color: str = "auto"
    profile: str = ""
    url: str = ""
    utc: bool = False


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value and param.name:  # what is not said behind a command may have been said before it
        setattr(ctx.find_root().obj.said, param.name, value)


def every() -> list[click.Parameter]:
    """Give the options that every command takes."""
    flag: dict[str, Any] = {"is_flag": True}
    rows: tuple[tuple[tuple[str, ...], str, dict[str, Any]], ...] = (
        (("--json",), "Print what the API says: an object, an array, or an object a line.", flag),
        (("--field",), "Print one value of that alone, such as usage.input_tokens or 0.id.", {"metavar": "PATH"}),
        (("-q", "--quiet"), "Print ids alone.", flag),
        (("--no-input",), "Never ask; also when standard input is no terminal.", flag),
        (("--color",), "Use colours; NO_COLOR is heeded.", {"type": click.Choice(["auto", "always", "never"])}),
        (("--profile",), "Use this profile; or WALKAWAY_PROFILE.", {"metavar": "NAME"}),
        (("--url",), "Ask this server; or WALKAWAY_URL.", {"metavar": "URL"}),
        (("--utc",), "Show times in UTC.", flag),
    )
    return [click.Option(names, help=text, expose_value=False, callback=_keep, **more) for names, text, more in rows]


class Command(click.Command):
    """A command that takes the options of every command, and has examples."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.examples = tuple(examples)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Give its own, and the others unless they are said already; the root's help has their list."""
        own = super().get_params(ctx)
        taken = {name for each in own for name in each.opts}
        others = [each for each in every() if taken.isdisjoint(each.opts)]
        for each in others:
            each.hidden = True  # type: ignore[attr-defined]
        return [*own, *others]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Offer the options of every command as well, which help leaves out."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        if not incomplete.startswith("-"):
            return found
        others = [each for each in self.get_params(ctx) if isinstance(each, click.Option) and each.hidden]
        named = [(name, each.help) for each in others for name in each.opts if name.startswith(incomplete)]
        return found + [CompletionItem(name, help=about) for name, about in named]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        formatter.write("\nOptions of every command, such as --json and -q: walkaway --help\n")
        if self.examples:
            formatter.write("\nExamples:\n" + "".join(f"  {each}\n" for each in self.examples))


class Group(click.Group):
    """Commands of one noun, each of which takes the options of every command."""

    command_class = Command
    group_class = type

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named. Raises UsageError, with the names that are like one that is none."""
        name = args[0]
        if not (ctx.resilient_parsing or name.startswith("-") or self.get_command(ctx, name)):
            from difflib import get_close_matches

            there = self.list_commands(ctx)
            meant = [each for each in ELSEWHERE.get(name, ()) if each in there or each.startswith("--")]
            like = " or ".join(repr(each) for each in meant or get_close_matches(name, there))
            raise click.UsageError(f"There is no command {name!r}.{f' Did you mean {like}?' if like else ''}", ctx)
        return super().resolve_command(ctx, args)


def command(*args: Any, **more: Any) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command that stands by itself."""
    return click.command(*args, cls=Command, **more)
