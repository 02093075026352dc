"""`walkaway tools`: a module's functions as an agent's file has them, and answers to their calls while it runs."""

import importlib
import importlib.util
import logging
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

import click

from walkaway import Tool, tool
from walkaway.commands import cleaning, completing, options, times
from walkaway.commands.app import App, pass_app

ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends it as Ctrl-C does. Windows has no SIGHUP."""


@click.group(cls=options.Group)
def tools() -> None:
    """Tools of your own, which agents have called."""


@tools.command(
    "serve", examples=("walkaway tools serve stock:count,order", "walkaway tools serve stock.py --agent support")
)
@click.argument("what", metavar="MODULE[:NAMES]")
@click.option(
    "--agent",
    "agents",
    multiple=True,
    metavar="NAME",
    shell_complete=completing.agents,
    help="Calls of this agent's turns alone.",
)
@pass_app
def serve(app: App, /, *, what: str, agents: tuple[str, ...]) -> None:
    """Answer calls of these functions in every turn, those that wait already first, until it is stopped.

    MODULE is a module, or a file of Python. Modules are looked for here as well: behind Python's own, before what is
    installed. NAMES are functions of it with commas between, and without them all that are marked by `@tool`. Ctrl-C
    and SIGTERM stop it in good order. Many may run: each call is answered once.

    Models call what their session has been told of, by its agent: `tools show` prints what an agent's file says of
    these functions, `agents create --file` takes it, and `run --agent` begins such a session.
    """
    from walkaway.commands import agent_named

    found = chosen(what)
    ids = [str(agent_named.found(app, each, versioned=False)[0]["id"]) for each in agents]
    before = {ending: signal.signal(ending, _leave) for ending in ENDINGS}
    try:
        with _telling(app, found):
            app.client.with_options(retries=5).serve_tools(found, agents=ids)
    except KeyboardInterrupt:
        app.out.note("Stopped")
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


@tools.command(
    "show",
    examples=("walkaway tools show stock.py", "walkaway tools show stock.py | walkaway agents create shop --file -"),
)
@click.argument("what", metavar="MODULE[:NAMES]")
@pass_app
def show(app: App, /, *, what: str) -> None:
    """Print what an agent's file says of these functions, so that its sessions have them called.

    MODULE[:NAMES] is as `tools serve` has it, which then answers the calls.
    """
    from walkaway.commands import yamls

    told = [each.definition for each in chosen(what)]
    if app.out.is_plain:
        app.out.text(yamls.write({"tools": told}).rstrip())
    else:
        app.out.rows(told, (), lambda raw: str(raw["name"]))


@contextmanager
def _telling(app: App, found: list[Tool]) -> Iterator[None]:
    """Tell what is served once the server was reached, each call that is answered, and what goes wrong."""

    class Told(logging.Handler):
        begun = False

        def emit(self, record: logging.LogRecord) -> None:
            if call := getattr(record, "answered", None):
                mark, took = "✗" if getattr(record, "failed", False) else "✓", times.spell(getattr(record, "took", 0.0))
                app.out.note(f"{mark} {cleaning.line(call.name)}  {call.session}  {took}")
            elif getattr(record, "answers", False) and not self.begun:
                self.begun = True
                for each in found:
                    head = f"▸ {each.name}  " if app.out.is_terminal else f"{each.name}\t"
                    app.out.text(f"{head}{each.description}")
                app.out.note("Calls are answered here until Ctrl-C", dim=True)
            elif record.levelno >= logging.WARNING:
                app.out.note(record.getMessage(), dim=True)

    logger, told = logging.getLogger("walkaway"), Told(logging.INFO)
    before = logger.level
    logger.addHandler(told)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(told)
        logger.setLevel(before)


def _leave(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def chosen(what: str) -> list[Tool]:
    """Find the tools that are meant. Raises UsageError, ToolInvalid."""
    where, _, said = what.partition(":")
    module = _module(where)
    marked = {name: value for name, value in vars(module).items() if isinstance(value, Tool)}
    if not said:
        if not marked:
            raise click.UsageError(f"{where} has nothing that is marked by @tool; name functions of it: {where}:NAME")
        return list(marked.values())
    return [_tool(where, module, name.strip(), marked) for name in said.split(",")]


def _tool(where: str, module: ModuleType, name: str, marked: dict[str, Tool]) -> Tool:
    value: Any = getattr(module, name, None)
    if isinstance(value, Tool):
        return value
    if not callable(value) or isinstance(value, type):
        is_what = f"a {type(value).__name__}, no function" if value is not None else "not there"
        there = f". Its tools: {', '.join(marked)}" if marked else ""
        raise click.UsageError(f"{name!r} of {where} is {is_what}{there}")
    made: Tool = tool(value)
    return made


def _module(where: str) -> ModuleType:
    """Import a module, or a file. Raises UsageError, with the place where that failed."""
    _look_in(Path.cwd())
    if where.endswith(".py") and not Path(where).is_file():
        raise click.UsageError(f"There is no file {where} here, in {Path.cwd()}")
    try:
        module = _of_file(Path(where).resolve()) if where.endswith(".py") else importlib.import_module(where)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the module may raise anything
        if isinstance(error, ModuleNotFoundError) and error.name and f"{where}.".startswith(f"{error.name}."):
            raise click.UsageError(f"There is no module {where!r} in {Path.cwd()}, nor where Python looks") from None
        at = traceback.extract_tb(error.__traceback__)[-1]
        place = "" if "importlib" in at.filename else f" ({at.filename}, line {at.lineno})"
        raise click.UsageError(f"{where} cannot be imported: {type(error).__name__}: {error}{place}") from None
    here, found = Path(f"{where.replace('.', '/')}.py"), getattr(module, "__file__", None)
    if here.is_file() and not (found and here.samefile(found)):
        raise click.UsageError(f"{where} is another module, {found or 'of Python'}; name the file: {here}")
    return module


def _look_in(folder: Path) -> None:
    """Have a folder's modules found: before what is installed, and behind Python's own, of which none is replaced."""
    installed = (at for at, each in enumerate(sys.path) if Path(each).name in {"site-packages", "dist-packages"})
    sys.path.insert(next(installed, len(sys.path)), str(folder))


def _of_file(path: Path) -> ModuleType:
    """Import a file. It takes no other module's name."""
    _look_in(path.parent)
    is_taken = path.stem in sys.modules or path.stem in sys.stdlib_module_names
    name = f"served_{path.stem}" if is_taken else path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
