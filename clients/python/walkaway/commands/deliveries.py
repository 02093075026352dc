"""`walkaway webhooks test`, `deliveries` and `redeliver`: what webhooks were to be told, and what came of it."""

import re
from collections.abc import Mapping
from typing import Any

import click

from walkaway.commands import asking, names, options, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column
from walkaway.given import address


@options.command("test", examples=("walkaway webhooks test reports", "walkaway webhooks test reports -q"))
@click.argument("webhook")
@pass_app
def test(app: App, /, *, webhook: str) -> None:
    """Have webhook.test sent, whatever the webhook asks for; `deliveries` says what came of it."""
    _begin(app, names.webhook(app, webhook), "test")


@options.command(
    "deliveries",
    examples=("walkaway webhooks deliveries reports", "walkaway webhooks deliveries reports --limit 1 --field status"),
)
@click.argument("webhook")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="As many at the most.")
@pass_app
def deliveries(app: App, /, *, webhook: str, limit: int) -> None:
    """List what a webhook was to be told in the last 30 days, the newest first."""
    found = asking.every(app, "webhooks", names.webhook(app, webhook), "deliveries", limit=limit)
    columns = [
        Column("DELIVERY", lambda raw: names.short(raw["id"]) if app.out.is_terminal else str(raw["id"])),
        Column("STATUS", lambda raw: str(raw["status"])),
        Column("EVENT", lambda raw: str(raw["type"])),
        Column("LAST ATTEMPT", _attempt, grows=True),
        Column("CREATED", lambda raw: times.point(raw.get("created_at"), utc=app.said.utc), spare=True),
    ]
    app.out.rows(
        found, columns, lambda raw: str(raw["id"]), f"It was told nothing yet: walkaway webhooks test {webhook}"
    )


@options.command(
    "redeliver", examples=("walkaway webhooks redeliver reports @", "walkaway webhooks redeliver reports @2 -q")
)
@click.argument("webhook")
@click.argument("delivery")
@pass_app
def redeliver(app: App, /, *, webhook: str, delivery: str) -> None:
    """Begin the attempts at a delivery anew: its id, six letters of the id's ending, or @ for the newest one."""
    hook = names.webhook(app, webhook)
    if not re.fullmatch(r"evt_[0-9a-f]{24}", delivery):
        every = app.client.request("GET", address("webhooks", hook, "deliveries")).records("id")
        if last := names.LAST.fullmatch(delivery):
            every = every[int(last[1] or 1) - 1 :][:1]
            delivery = every[0]["id"] if every else delivery
        delivery = names.one(delivery, "evt_", every, "delivery")["id"]
    _begin(app, hook, "deliveries", delivery, "redeliver")


def _begin(app: App, *parts: str) -> None:
    raw = app.client.request("POST", address("webhooks", *parts)).record("id")
    app.out.record(raw, lambda: app.out.note(f"{raw['id']} is on its way"), str(raw["id"]))


def _attempt(raw: Mapping[str, Any]) -> str:
    last = (raw.get("attempts") or [{}])[-1]
    return str(last.get("error") or last.get("status_code") or "")
