"""`walkaway webhooks`: addresses that are told what happens, and what became of what they were to be told."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import click

from walkaway import errors
from walkaway._sync.sending import created
from walkaway.commands import deliveries, event_names, names, options, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column
from walkaway.given import address

EVENTS = event_names.option("What to be told; all, if not named.")


@click.group(cls=options.Group)
def webhooks() -> None:
    """Addresses that are told what happens."""


@webhooks.command("list", examples=("walkaway webhooks list", "walkaway webhooks list --field url"))
@pass_app
def list_(app: App, /) -> None:
    """List webhooks, the oldest first."""
    columns = [
        Column("WEBHOOK", lambda raw: names.short(raw["id"]) if app.out.is_terminal else str(raw["id"])),
        Column("NAME", lambda raw: str(raw.get("name") or "")),
        Column("STATUS", _status),
        Column("ADDRESS", lambda raw: str(raw["url"]), grows=True),
        Column("EVENTS", lambda raw: ", ".join(raw["events"]), spare=True),
    ]
    app.out.rows(
        names.webhooks(app), columns, lambda raw: str(raw["id"]), "There are no webhooks: walkaway webhooks create URL"
    )


@webhooks.command(
    "create",
    examples=(
        "walkaway webhooks create https://example.com/hook --name reports",
        "walkaway webhooks create https://example.com/hook --event turn.completed --field secret",
    ),
)
@click.argument("to", metavar="URL")
@click.option("--name", metavar="NAME", help="By which it can be named.")
@EVENTS
@click.option("--format", "format_", metavar="DIALECT", help="What the body looks like.")
@click.option("--description", metavar="TEXT", help="What it is for.")
@pass_app
def create(
    app: App, /, *, to: str, name: str | None, events: tuple[str, ...], format_: str | None, description: str | None
) -> None:
    """Register an address, and show the secret by which it knows that a message is from the server.

    The secret is shown this once.
    """
    said = {"url": to, "name": name, "events": list(events), "format": format_, "description": description}
    with _advised(to):
        _show(app, created(app.transport, address("webhooks"), {key: it for key, it in said.items() if it}).object())


@webhooks.command("show", examples=("walkaway webhooks show reports", "walkaway webhooks show reports --field status"))
@click.argument("webhook")
@pass_app
def show(app: App, /, *, webhook: str) -> None:
    """Show a webhook, by its id, six letters of the id's ending, or its name."""
    _show(app, _asked(app, "GET", names.webhook(app, webhook)))


@webhooks.command(
    "edit",
    examples=(
        "walkaway webhooks edit reports --event turn.completed --event turn.failed",
        "walkaway webhooks edit reports --enable",
    ),
)
@click.argument("webhook")
@click.option("--address", "to", metavar="URL", help="Tell this address instead.")
@click.option("--name", metavar="NAME", help='Call it by another name; "" by none.')
@EVENTS
@click.option("--format", "format_", metavar="DIALECT", help="What the body looks like.")
@click.option("--description", metavar="TEXT", help="What it is for.")
@click.option("--enable/--disable", "enabled", default=None, help="Tell it what happens, or nothing.")
@pass_app
def edit(
    app: App,
    /,
    *,
    webhook: str,
    to: str | None,
    name: str | None,
    events: tuple[str, ...],
    format_: str | None,
    description: str | None,
    enabled: bool | None,
) -> None:
    """Change what is said of a webhook. One that was disabled for its failures is told again with --enable."""
    status = None if enabled is None else "enabled" if enabled else "disabled"
    said = {
        "url": to, "name": name, "events": list(events) or None, "format": format_, "description": description,
        "status": status,
    }  # fmt: skip
    change = {key: value for key, value in said.items() if value is not None}
    if not change:
        raise click.UsageError("There is nothing to change: say what, such as --event turn.completed")
    with _advised(to or ""):
        _show(app, _asked(app, "PATCH", names.webhook(app, webhook), json=change))


@webhooks.command(
    "rotate",
    examples=("walkaway webhooks rotate reports", "walkaway webhooks rotate reports --grace 1h --field secret"),
)
@click.argument("webhook")
@click.option(
    "--grace", type=times.Duration(), metavar="TIME", default="1d", show_default=True, help="The old one signs too."
)
@pass_app
def rotate(app: App, /, *, webhook: str, grace: float) -> None:
    """Make a new secret, and show it, this once."""
    raw = _asked(app, "POST", names.webhook(app, webhook), "rotate", json={"grace": int(grace)})
    until = times.point(raw.get("old_valid_until"), utc=app.said.utc)
    pairs = [("secret", str(raw["secret"])), ("the old one until", until)]
    app.out.record(raw, lambda: app.out.pairs(pairs), str(raw["secret"]))


@webhooks.command(
    "delete", examples=("walkaway webhooks delete reports --yes", "walkaway webhooks delete reports news --yes")
)
@click.argument("webhooks_", nargs=-1, required=True, metavar="WEBHOOK…")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def delete(app: App, /, *, webhooks_: tuple[str, ...], yes: bool) -> None:
    """Forget webhooks. What they were still to be told is not told."""
    found = [names.webhook(app, each) for each in webhooks_]
    app.sure(f"Delete {', '.join(found)}?", yes=yes)
    for each in found:
        app.client.webhooks.delete(each)
        app.out.record({"id": each, "deleted": True}, partial(app.out.note, f"{each} is deleted"), each)


@webhooks.command(
    "listen",
    examples=("walkaway webhooks listen", "walkaway webhooks listen --event turn.completed --port 0"),
)
@click.option("--port", default=8006, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free port.")
@click.option("--key", default="", help="API key, instead of the profile's.")
@EVENTS
@click.option("--secret", default="", help="Register nothing; verify by this secret. Behind a tunnel, say.")
@pass_app
def listen(app: App, /, *, port: int, key: str, events: tuple[str, ...], secret: str) -> None:
    """Print verified webhook deliveries until interrupted, terminated, or hung up on.

    Registers this machine as a webhook of the server, which must have been started with
    WALKAWAY_OUTBOUND_LOOPBACK=yes, and forgets it at the end. A server elsewhere cannot reach this machine: register a
    tunnel's address there, and give its --secret.
    """
    from walkaway.commands import receiving

    receiving.listen(app, port, key.strip(), events, secret)


for each in (deliveries.test, deliveries.deliveries, deliveries.redeliver):
    webhooks.add_command(each)


def _asked(app: App, method: str, *parts: str, json: Any = None) -> dict[str, Any]:
    answer = app.client.request(method, address("webhooks", *parts), json=json)
    return answer.object()


@contextmanager
def _advised(to: str) -> Iterator[None]:
    """Name what reaches this machine, where its address is refused."""
    try:
        yield
    except errors.BadRequest as error:
        if not _is_here(to):
            raise
        here = f"walkaway listen --forward {shlex.quote(to)}"
        said = f"{error.message.rstrip('.')}. What happens is passed on to this machine by: {here}"
        raise errors.BadRequest(error.status, error.code, said, request_id=error.request_id) from None


def _is_here(to: str) -> bool:
    try:
        host = (urlsplit(to).hostname or "").removesuffix(".")
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


def _status(raw: Mapping[str, Any]) -> str:
    return "failing" if raw["status"] == "enabled" and raw.get("failing_since") else str(raw["status"])


def _show(app: App, raw: Mapping[str, Any]) -> None:
    utc = app.said.utc
    pairs = [
        ("webhook", str(raw["id"])),
        ("name", str(raw.get("name") or "")),
        ("address", str(raw["url"])),
        ("events", ", ".join(raw["events"])),
        ("status", ": ".join(filter(None, (_status(raw), str(raw.get("reason") or "").removeprefix("disabled "))))),
        ("format", str(raw["format"])),
        ("description", str(raw.get("description") or "")),
        ("made", times.point(raw.get("created_at"), utc=utc)),
        ("failing since", times.point(raw.get("failing_since"), utc=utc)),
        ("secret", str(raw.get("secret") or "")),
    ]
    app.out.record(raw, lambda: app.out.pairs(pairs), str(raw["id"]))
