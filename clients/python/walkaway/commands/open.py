"""`walkaway open`: the server's first page in a browser, or its address where there is none."""

import os
import sys

import click

from walkaway.commands import options
from walkaway.commands.app import App, pass_app


@options.command("open", examples=("walkaway open", "walkaway open -q"))
@pass_app
def open_(app: App, /) -> None:
    """Open the server's first page in a browser. Where there is none, and with -q, its address is printed."""
    url = f"{app.options.url}/"
    app.client.request("GET", "/health").object()
    if app.out.is_plain and _has_browser() and click.launch(url) == 0:
        app.out.note(f"Opened {url}")
        return
    app.out.record({"url": url}, lambda: app.out.text(url), url)


def _has_browser() -> bool:
    """Whether there is one that does not take the terminal; a desktop of Linux is known by its display."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
