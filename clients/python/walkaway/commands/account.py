"""`walkaway login`, `logout`, `profiles` and `status`: which server, and with which key."""

import sys
from typing import TYPE_CHECKING

import click

from walkaway import profiles as kept
from walkaway.commands import options
from walkaway.commands.app import App, connected, pass_app
from walkaway.commands.output import Column

if TYPE_CHECKING:
    from walkaway_wire.me import Me


@options.command(
    examples=(
        "walkaway login work --url https://walkaway.example.com --key-stdin <key.txt",
        "walkaway login --key-stdin <key.txt",
    )
)
@click.argument("name", default="default")
@click.option("--url", "address", metavar="URL", help="The server; asked for where it is not said.")
@click.option("--key-stdin", is_flag=True, help="Read the key from standard input.")
@click.option("--no-key", is_flag=True, help="The server takes none.")
@pass_app
def login(app: App, /, *, name: str, address: str | None, key_stdin: bool, no_key: bool) -> None:
    """Keep a server's address and key as the profile NAME, and use it from now on.

    The key is asked for, or read from standard input; it never stands among the words of a command, which others see.
    """
    url = address or (click.prompt("Server", default=app.options.url, err=True) if app.asks else app.options.url)
    if key_stdin:
        key = sys.stdin.readline().strip()
    elif no_key:
        key = ""
    elif app.asks:
        key = click.prompt("Key (empty: none)", default="", show_default=False, hide_input=True, err=True)
    else:
        raise click.UsageError("Say where the key comes from: --key-stdin, or --no-key")
    me = _asked(url, key)
    kept.keep(name, url, key)
    app.out.note(f"{url}, as the tenant {me.tenant}. It is the profile {name!r}, which is used from now on")


@options.command(examples=("walkaway logout work", "walkaway logout"))
@click.argument("name", default="")
@pass_app
def logout(app: App, /, *, name: str) -> None:
    """Forget a profile and its key; without NAME the one in use."""
    chosen = name or app.options.profile
    if not chosen:
        raise click.UsageError("No profile is in use: walkaway profiles")
    kept.forget(chosen)
    app.out.note(f"The profile {chosen!r} is forgotten. Its key stays valid until it is revoked")


@options.command(examples=("walkaway profiles", "walkaway profiles --field url"))
@click.argument("use", default="", metavar="[USE]")
@pass_app
def profiles(app: App, /, *, use: str) -> None:
    """List profiles, or use another one from now on."""
    if use:
        kept.activate(use)
        app.out.note(f"The profile {use!r} is used from now on")
        return
    columns = [
        Column("PROFILE", lambda raw: str(raw["name"])),
        Column("", lambda raw: "in use" if raw["active"] else ""),
        Column("SERVER", lambda raw: str(raw["url"]), grows=True),
    ]
    app.out.rows(kept.listing(), columns, lambda raw: str(raw["name"]), "There are no profiles: walkaway login")


@options.command(examples=("walkaway status", "walkaway status --field version"))
@pass_app
def status(app: App, /) -> None:
    """Say which server and key are used, which source has said so, and whether that works."""
    found = app.options
    where = {"url=": "--url"}.get(found.url_source, found.url_source)
    if app.out.is_plain:
        key = f"from {found.key_source}" if found.key else "none"
        app.out.pairs([("server", f"{found.url}, from {where}"), ("key", key), ("profile", found.profile)])
    me = app.client.me()
    raw = me.model_dump()
    default = next((each.id for each in me.models if each.default), "")
    pairs = [("tenant", me.tenant), ("version", me.version), ("model", default)]
    app.out.record(raw, lambda: app.out.pairs(pairs), me.tenant)


def _asked(url: str, key: str) -> "Me":
    with connected(url=url, key=key or None, retries=0) as client:
        return client.me()
