"""The bill of an hour for which the console is open in a browser: connections that wait, and what they look at."""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.bill.bill import LOG_BYTES, LOOK_SECONDS, Line, run_time

HOUR = 3600.0
UNSEEN = 300.0
"""Seconds for which a tab that nobody looks at goes on reading (`console/src/state/seen.ts`)."""
STREAM_SECONDS = 600
"""After so many a stack ends a stream, and the page comes back (`WALKAWAY_STREAM_SECONDS` of the stream function)."""
ASKED = {"a task that runs, on the inbox": (5, 1), "a webhook's page": (5, 1), "the page of runs": (3, 2)}
"""Pages that ask again and again while somebody looks: after how many seconds, and how many requests."""


def feed(counts: Mapping[str, Any], memory: Mapping[str, int], seconds: float = HOUR) -> list[Line]:
    """The tenant's feed, which every tab reads: one long poll after the other."""
    looks = counts["tab"]["look"] / LOOK_SECONDS
    return list(_connection("the feed", counts["tab"]["poll"], looks, memory["stream"], seconds))


def session(counts: Mapping[str, Any], memory: Mapping[str, int], seconds: float = HOUR) -> list[Line]:
    """The stream of the session that is open, beside the feed."""
    looks = counts["tab"]["look"] / LOOK_SECONDS + counts["tab"]["beats"]
    return list(_connection("the session", STREAM_SECONDS, looks, memory["stream"], seconds))


def asked(counts: Mapping[str, Any], memory: Mapping[str, int], requests: float) -> list[Line]:
    """So many requests for what is a record or two."""
    about = counts["tab"]["api"]
    one = {name: about[name] / about["count"] for name in ("cpu", "waited")}
    return [
        Line("its requests", "invocations", requests),
        Line("`api`", "GB-seconds", run_time(one, memory["api"]) * memory["api"] / 1024 * requests),
        Line("what they read", "read units", about["read units"] / about["count"] * requests),
        *_each(requests),
    ]


def tabs(counts: Mapping[str, Any], memory: Mapping[str, int]) -> Iterator[tuple[str, list[Line]]]:
    """Give what a tab can be, each with its lines."""
    inbox = feed(counts, memory)
    yield "the inbox, seen", inbox
    yield "a session, seen", inbox + session(counts, memory)
    for what, (every, requests) in ASKED.items():
        yield f"{what}, seen: more by", asked(counts, memory, HOUR / every * requests)
    yield "any page, unseen", feed(counts, memory, UNSEEN) + session(counts, memory, UNSEEN)
    yield "unseen, and to tell on the desktop", inbox


def _connection(what: str, lasts: float, looks: float, megabytes: int, seconds: float) -> Iterator[Line]:
    """One that is held open, over and over, and reads so many units a second to look for news."""
    number = seconds / lasts
    yield Line(f"{what}: connections of {lasts:.0f} s", "invocations", number)
    yield Line(f"`stream`: {seconds:.0f} s with {megabytes} MB", "GB-seconds", seconds * megabytes / 1024)
    yield Line("its looks for news", "read units", looks * seconds)
    yield from _each(number)


def _each(requests: float) -> Iterator[Line]:
    """What each request costs besides its function."""
    yield Line("requests", "api requests", requests)
    yield Line("traces, at most", "traces", requests)
    yield Line("logs, about", "GB of logs", requests * LOG_BYTES / 1e9)
