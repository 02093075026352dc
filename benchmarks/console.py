"""Measures how long the console takes to open a log of 20,000 events: dropped on it, and of a session of a server.

What is timed is from the drop, or from the link, to the frame in which the log's end is drawn, in Debian's chromium;
what is printed are medians.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.kit import long_logs
from tests.kit.browsers import CHROMIUM, chromium, watching
from tests.kit.long_logs import dropped, settled
from tests.kit.messages_api import Reply, messages_api, text
from tests.kit.servers import Served, served

EVENTS, ROUNDS, AIM = 20_000, 5, 2000.0
KINDS = {
    "one text": long_logs.said,
    "one turn of 2,000 steps": long_logs.called,
    "2,000 turns": long_logs.talked,
}


def median(work: Callable[[], float]) -> float:
    """Do it some times, and give the median in milliseconds."""
    return statistics.median(work() for _ in range(ROUNDS)) * 1000


def session(server: Served) -> str:
    """Have a turn written of as many events, and give its session."""
    with httpx.Client(base_url=server.url, timeout=600) as client:
        made = client.post("/v1/sessions", json={"model": "test-model", "persistent": True, "ttl": 86400})
        name = str(made.json()["id"])
        client.post(f"/v1/sessions/{name}/messages", json={"message": "Say it"}).raise_for_status()
        return name


def opened(page: Page, name: str) -> float:
    """Go to a session by its address, and give the seconds until its end is drawn."""
    page.evaluate("() => { location.hash = '#/settings' }")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
    begun = time.perf_counter()
    page.evaluate("name => { location.hash = `#/s/${name}` }", name)
    expect(page.locator(".turns .mark.completed")).to_have_count(1)
    settled(page)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    if CHROMIUM is None:
        print("the console: there is no chromium here (make browser), so nothing is measured")
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        messages_api() as model,
        served(Path(folder) / "data", environ={"ANTHROPIC_BASE_URL": model.url}) as server,
        chromium() as browser,
        watching(browser, f"{server.url}/console/") as console,
    ):
        page = console.page
        for what, kind in KINDS.items():
            body = long_logs.saved(kind, EVENTS)
            taken = median(lambda body=body: dropped(page, f"{time.monotonic()}.jsonl", body))  # type: ignore[misc]
            print(f"a log of {EVENTS:,} events, {what}, dropped until it is drawn: {taken:.0f} ms (aim < {AIM:g})")
        model.replies = [Reply([text(long_logs.WORDS * EVENTS)], pieces=len(long_logs.WORDS))]
        name = session(server)
        taken = median(lambda: opened(page, name))
        print(f"a session of {EVENTS:,} events, until its end is drawn: {taken:.0f} ms (aim < {AIM:g})")


if __name__ == "__main__":
    main()
