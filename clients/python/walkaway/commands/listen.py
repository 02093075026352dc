"""`walkaway listen`: prints what happens to all sessions, or passes it on to an address, and loses nothing."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from walkaway.commands import cleaning, event_names, options, times
from walkaway.commands.app import App, pass_app
from walkaway.errors import CursorInvalid, Refused, WalkawayError

if TYPE_CHECKING:
    from walkaway.commands.forwarding import Forward
    from walkaway.commands.place import Place

PAGE, WAIT = 100, 20
"""Events of a page, and seconds for which the server waits for the first of it."""
KEPT = 30 * 86_400
"""Seconds for which the server keeps what happens."""


@options.command(
    examples=(
        "walkaway listen --since 2h --until-now",
        "walkaway listen --forward http://127.0.0.1:3000/hook --event 'turn.*' --until-now",
    )
)
@click.option("--forward", "to", metavar="URL", help="Send each event there, signed as webhooks are.")
@event_names.option("Which, such as turn.completed or turn.*.", patterns=True)
@click.option("--since", type=times.Duration(), metavar="TIME", help="Begin so long ago, 30 days at the most.")
@click.option("--until-now", is_flag=True, help="End where there is nothing more.")
@pass_app
def listen(app: App, /, *, to: str | None, events: tuple[str, ...], since: float | None, until_now: bool) -> None:
    """Print what happens to all sessions, or pass it on, until interrupted.

    It needs no address that the server could reach, and goes on where it was: where that is is kept for each tenant,
    each address that is forwarded to, and each choice of events, which begin on their own. So what happens while it
    does not run is told when it runs again.

    What is forwarded is what webhooks are sent, with the same webhook-id, and signed with a secret that is shown and
    stays. Each event is sent until it is answered with 2xx, the next one after that. An event comes twice only if this
    is killed between an answer and the note of it.
    """
    from walkaway.commands.place import Place
    from walkaway.commands.receiving import heard

    if since is not None and since > KEPT:
        raise click.UsageError(f"--since: what happens is kept for {times.worded(KEPT)}; say {times.written(KEPT)}")
    _check(app)
    place = Place(app.options.url, app.client.me().tenant, to or "", events)
    forward = None
    if to:
        from walkaway.commands.forwarding import Forward

        forward = Forward(to, place.secret, app.out.note)
    with place.held():
        try:
            with heard():
                begins = _begin(app, place, since)
                _say(app, place, forward, begins=begins)
                for event in _new(app, place, follow=not until_now):
                    if not events or any(fnmatchcase(event["type"], each) for each in events):
                        _tell(app, place, event, forward)
        except KeyboardInterrupt:
            with suppress(OSError):  # a terminal that has hung up takes no more
                app.out.note("The same command goes on from here", dim=True)


def _check(app: App) -> None:
    from walkaway.errors import FeatureMissing

    if "feed" not in app.client.features():
        raise FeatureMissing("feed", "This server is older and has no feed; use webhooks")


def _begin(app: App, place: "Place", since: float | None) -> bool:
    """Keep where to begin, before anything is awaited: at what was kept, some time ago, or now; give whether that."""
    if since is not None:
        place.go_to(since)
    elif place.cursor:
        place.keep()
    else:
        place.move(_page(app, "now", 0)[1])
        return True
    return False


def _say(app: App, place: "Place", forward: "Forward | None", *, begins: bool) -> None:
    where = f"Passing on to {forward.url}" if forward else "Listening"
    since = ", from now on (--since: from before)" if begins else ""
    signed = f", signed with {place.secret}" if forward else ""
    app.out.note(f"{where}{since}{signed}; Ctrl-C ends it", dim=True)


def _tell(app: App, place: "Place", event: dict[str, Any], forward: "Forward | None") -> None:
    """Tell an event, and note it: what was sent before it is printed, for the printing can fail."""
    if forward:
        status = forward.send(event)
        place.seen(event["id"])
        _told(app, event, status)
    else:
        _told(app, event, 0)
        place.seen(event["id"])


def _new(app: App, place: "Place", *, follow: bool) -> Iterator[dict[str, Any]]:
    """Give what was not seen yet, whatever happens to the server; page by page, each noted at its end."""
    from time import sleep

    from walkaway import answers, retries
    from walkaway.pages import Trail

    tries, trail = 0, Trail(app.options.url)
    while True:
        try:
            events, cursor = _page(app, place.cursor, WAIT if follow else 0)
            trail.after(events, cursor)
        except CursorInvalid as error:
            raise click.ClickException(f"{error.message.rstrip('.')}. Say where to begin: --since") from None
        except WalkawayError as error:
            if not answers.is_passing(error) or (trail.closed and not follow):
                raise
            if not tries:
                app.out.note(f"… connection lost ({_short(error)}); trying again", dim=True)
            sleep(max(retries.wait(tries), getattr(error, "retry_after", 0.0) or 0.0))
            tries += 1
            continue
        if tries:
            app.out.note("… and back", dim=True)
        tries = 0
        for event in events:
            if event["id"] not in place:
                yield event
        place.move(cursor)
        if not events and not follow:
            return


def _page(app: App, after: str, wait: int) -> tuple[list[dict[str, Any]], str]:
    """Ask once, with turns' records, as webhooks have them."""
    asked = {"after": after, "wait": wait or None, "format": "json", "limit": PAGE, "expand": "turn"}
    answer = app.client.request("GET", "/v1/events", params=asked)
    return answer.records("id", "type", "timestamp", under="events"), str(answer.record("next")["next"])


def _told(app: App, event: dict[str, Any], status: int) -> None:
    if app.said.json or app.said.field:
        app.out.event(event)
        return
    if app.said.quiet:
        app.out.text(event["id"])
        return
    cells = [
        times.read(str(event["timestamp"]), utc=app.said.utc),
        str(event["type"]),
        _about(event.get("data") or {}),
        *([str(status)] if status else []),
    ]
    app.out.text(("  " if app.out.is_terminal else "\t").join(cells))


def _about(data: Mapping[str, Any]) -> str:
    """Name what it is about: a turn or a session, or a schedule, by its name if it has one."""
    ref = "/".join(str(data[name]) for name in ("session_id", "id") if data.get(name))
    return ref or cleaning.line(str(data.get("schedule") or data.get("schedule_id") or ""))


def _short(error: WalkawayError) -> str:
    return f"it answers {error.status}" if isinstance(error, Refused) else str(error).partition(". ")[0]
