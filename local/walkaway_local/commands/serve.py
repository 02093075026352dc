"""`walkaway serve`: the local stack behind HTTP."""

import gc
import ipaddress
import logging
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walkaway.commands import options
from walkaway.commands.app import App, pass_app
from walkaway_core.errors import Unavailable
from walkaway_core.settings import REHEARSAL, SettingError, Settings
from walkaway_local import layout, own_address, private
from walkaway_local.commands import unknown_settings
from walkaway_local.commands.keys import any_in
from walkaway_local.trouble import CannotOpen, unusable

if TYPE_CHECKING:
    from walkaway_local.stack import LocalStack

FEW_FILES, MANY_FILES = 128, 65_536
"""How many files must be allowed to be open at once, and how many are asked for."""
SERVICES = ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "WALKAWAY_PROVIDERS")
"""What sets up a model service. Programs need the first two, too, where they are to ask this server."""
SETTLED = 0.5
"""Seconds after which a start is over, and what takes long may begin: the model's SDK takes a second to import."""
COLLECT = (5_000, 20, 20)
"""Thresholds of the garbage collector (Python, gc.set_threshold): each of its looks keeps all threads waiting."""


@options.command(examples=("walkaway serve --offline", "walkaway serve --port 0 --data work --json"))
@click.option("--port", default=8005, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Any but a loopback address needs keys.")
@click.option(
    "--data",
    default=Path(".walkaway"),
    show_default=True,
    type=click.Path(path_type=Path, readable=False),
    help="Folder that holds everything; start again with it, and everything goes on.",
)
@click.option("--model", help="Model of sessions that name none; overrides WALKAWAY_MODEL.")
@click.option("--offline", is_flag=True, help="Ask no model service, whatever the environment sets up.")
@click.option(
    "--workers", default=64, show_default=True, type=click.IntRange(1, 1000), help="Steps carried out at once."
)
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="ORIGIN",
    help="Origin whose pages may use the API, like https://app.example.com, or '*'; may be repeated. Needs keys.",
)
@click.option("--no-console", is_flag=True, help="Without the page for people at /console/.")
@pass_app
def serve(
    app: App,
    /,
    *,
    port: int,
    host: str,
    data: Path,
    model: str | None,
    offline: bool,
    workers: int,
    allow_origin: tuple[str, ...],
    no_console: bool,
) -> None:
    """Run Walkaway on this machine, until Ctrl-C. With --json its url, data and model are an object.

    Without a key the offline model "rehearsal" answers. Settings by environment: WALKAWAY_MODEL, ANTHROPIC_API_KEY,
    ANTHROPIC_BASE_URL, WALKAWAY_PROVIDERS, WALKAWAY_KEYS (key=tenant,…), WALKAWAY_TURN_TIMEOUT,
    WALKAWAY_REHEARSAL_DELAY.
    """
    private.umask()
    given = {
        "WALKAWAY_MODEL": model or "",
        "WALKAWAY_ALLOW_ORIGIN": ",".join(allow_origin),
        "WALKAWAY_CONSOLE": "no" if no_console else "",
    }
    environ = {**os.environ, **{name: value for name, value in given.items() if value}}
    environ |= dict.fromkeys(SERVICES, "") if offline else {}
    unknown_settings.warn(environ)
    try:
        settings = Settings.read(environ)
    except SettingError as error:
        raise click.ClickException(str(error)) from None
    _allow_files()
    try:
        layout.check(data)
        data = data.resolve()  # commands are run elsewhere, and must find it
        keyed = bool(settings.keys) or any_in(data)
    except (CannotOpen, Unavailable, OSError) as error:
        raise click.ClickException(unusable(data, error)) from None
    if not keyed and not _loopback(host):
        raise click.ClickException(
            f"{host} can be reached from outside, so keys are needed: make one with `walkaway keys create TENANT "
            f"--data {data}`, or set WALKAWAY_KEYS (key=tenant,…); or serve on 127.0.0.1, where no key is needed"
        )
    if settings.allow_origin and not keyed:
        raise click.ClickException(
            "Pages of other origins need a key, and this server has none: make one with `walkaway keys create TENANT "
            f"--data {data}`, or set WALKAWAY_KEYS (key=tenant,…); or leave out --allow-origin (WALKAWAY_ALLOW_ORIGIN)"
        )
    listening = _listen(host, port)
    if settings.base_url and own_address.leads_to(settings.base_url, listening):
        raise click.ClickException(
            f"ANTHROPIC_BASE_URL is this server's own address ({settings.base_url}): programs that are to ask it need "
            "that, and the server would look for its models there. Start it without, or with --offline"
        )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    for noisy in ("httpx", "httpx2", "anthropic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.exit(_run(app, listening, data, settings, workers, keyed=keyed))


def _run(app: App, listening: socket.socket, data: Path, settings: Settings, workers: int, *, keyed: bool) -> int:
    gc.disable()  # what is loaded stays: looking at it again and again takes a sixth of the start
    import uvicorn

    import walkaway_core.http.deferred  # noqa: F401 - before all that imports FastAPI
    from walkaway_core.dialects import DIALECTS
    from walkaway_core.http import cors, request_ids
    from walkaway_core.http.access import Keyring
    from walkaway_core.http.app import create_app
    from walkaway_core.models.anthropic import AnthropicModel
    from walkaway_local import processor
    from walkaway_local.connections import within
    from walkaway_local.crowd import Crowd
    from walkaway_local.lived import impossible
    from walkaway_local.loopback_only import LoopbackOnly
    from walkaway_local.stack import DataInUse, LocalStack
    from walkaway_local.woken import Woken

    model = AnthropicModel(settings)
    if problem := model.knows(settings.model) or model.problem():
        raise click.ClickException(problem)
    try:
        stack = LocalStack(data, settings, workers=workers)
    except (DataInUse, CannotOpen, Unavailable, OSError) as error:
        raise click.ClickException(unusable(data, error)) from None
    trying = threading.Thread(target=stack.sandbox.problem, name="sandbox", daemon=True)
    trying.start()  # it runs a command, which takes its time
    keyring = Keyring(settings.keys, stack.services.table if keyed else None)
    chooser = create_app(stack.services, keyring, DIALECTS)
    chooser.door(DIALECTS[0])  # the console's, and most people's; the others are made when they are asked for
    guarded = cors.opened(chooser, settings.allow_origin) if keyed else LoopbackOnly(chooser)
    woken = Woken(request_ids.RequestIds(guarded), lambda: _load(stack.warm))
    connection = within(Crowd(settings.address_connections, settings.proxies))
    config = uvicorn.Config(
        woken, http=connection, log_level="warning", access_log=False, timeout_graceful_shutdown=1, lifespan="off"
    )
    server = uvicorn.Server(config)
    for ending in (signal.SIGINT, signal.SIGTERM):
        # uvicorn's own come later, so that one before them must be kept; it raises what it caught once more at its end
        signal.signal(ending, lambda *_: setattr(server, "should_exit", True))
    host, port = listening.getsockname()[:2]
    trying.join()
    _tell(app, f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}", data, stack, settings.model)
    if wrong := impossible(stack.services.clock.now()):
        logging.getLogger("walkaway").warning(wrong)
    try:
        going_on = stack.run()
    except Unavailable as error:
        raise click.ClickException(unusable(data, error)) from None
    processor.start()
    later = stack.warm if going_on else lambda: None
    threading.Timer(SETTLED, _load, (later,)).start()
    server.run(sockets=[listening])
    stack.close()
    sys.stdout.flush()
    os._exit(0)  # threads that wait for a model are left behind; their steps are taken up at the next start


def _tell(app: App, url: str, data: Path, stack: "LocalStack", model: str) -> None:
    """Say where it is, and what of this machine matters for its agents."""
    about = " (offline; set ANTHROPIC_API_KEY for a real one)" if model == REHEARSAL else ""
    words = f"Walkaway on {url}  data: {data}  model: {model}{about}"
    app.out.record({"url": url, "data": str(data), "model": model}, lambda: app.out.line(words), url)
    say = app.out.line if app.out.is_plain else app.out.note
    if stack.exposed:
        say(stack.exposed)
    without = stack.sandbox.problem()
    say(f"The agent has no bash. {without}" if without else stack.sandbox.limits())


def _allow_files() -> None:
    """Let the process have as many files open as it may. Raises ClickException where that is too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if wanted < FEW_FILES:
        raise click.ClickException(
            f"Only {wanted} files may be open at once here (ulimit -n), and each connection is one: let there be "
            f"{FEW_FILES} or more"
        )


def _load(more: Callable[[], None]) -> None:
    """Load what is needed later; what is loaded then stays, and the garbage collector need not look at it."""
    try:
        more()
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT)
        gc.enable()


def _listen(host: str, port: int) -> socket.socket:
    """Bind before anything slow, so that a taken port is told at once."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}:{port}: {error.strerror or error}. Choose another port with --port (0 takes a "
            "free one), or another address of this machine with --host"
        ) from None
    return listening


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
