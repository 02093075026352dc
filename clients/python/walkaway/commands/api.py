"""`walkaway api`: any request, with your key."""

import sys
from typing import Any

import click

from walkaway.commands import cleaning, options, texts
from walkaway.commands.app import App, pass_app


@options.command(
    examples=("walkaway api GET /v1/me --field tenant", "walkaway api GET /v1/sessions --query limit=1 --paginate -q")
)
@click.argument("method", type=click.Choice(["GET", "POST", "PATCH", "PUT", "DELETE"], case_sensitive=False))
@click.argument("path")
@click.option("--data", metavar="JSON", help="What is sent: JSON, - for standard input, or @FILE.")
@click.option("--query", multiple=True, metavar="NAME=VALUE", help="Add to the address.")
@click.option("--paginate", is_flag=True, help="Go on over all pages of a list.")
@pass_app
def api(app: App, /, *, method: str, path: str, data: str | None, query: tuple[str, ...], paginate: bool) -> None:
    """Send any request, with your key and the rules of all others, and print what comes.

    The API is in docs/reference.md, and at /docs of a server.
    """
    from walkaway.pages import Trail
    from walkaway_wire import jsontext

    params: dict[str, Any] = dict(_pair(each) for each in query)
    body = None
    if data is not None:
        try:
            body = jsontext.loads(texts.given(data))
        except ValueError as error:
            raise click.UsageError(f"--data is no JSON: {error}") from None
    answer = app.client.request(method, path, json=body, params=params)
    if not answer.body or "json" not in answer.headers.get("content-type", ""):
        _print(app, answer.body)
        return
    said = page = answer.json()
    trail = Trail(app.options.url)
    while paginate and isinstance(said, list) and (cursor := answer.headers.get("x-next-cursor")):
        answer = app.client.request(method, path, json=body, params={**params, "after": trail.on(cursor, page)})
        page = answer.array()
        said += page
    if isinstance(said, list):
        app.out.rows(said, (), _id) if not app.out.is_plain else app.out.record(said, lambda: app.out.json(said))
    else:
        app.out.record(said, lambda: app.out.json(said), _id(said))


def _pair(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not (name and equals):
        raise click.UsageError(f"--query {said!r} has no =: write NAME=VALUE")
    return name, value


def _id(raw: Any) -> str:
    return str(raw.get("id", "")) if isinstance(raw, dict) else str(raw)


def _print(app: App, body: bytes) -> None:
    if body and app.out.is_terminal:
        app.out.line(cleaning.data(body).removesuffix("\n"))
        return
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
