"""Counts what an open tab of the console asks of AWS, by a browser and an emulated account, and writes the bill.

`python -m benchmarks.tab` takes a minute: a poll of the feed is waited for in real time. Whether an hour that nobody
looks at asks for anything is found by moving the browser's clock.
"""

import time
from collections import Counter
from typing import Any

from benchmarks import cost
from dev.bill import page
from dev.deployment import folder
from dev.gateway import Gateway, Taken
from tests.kit import sse
from tests.kit.browsers import CHROMIUM, chromium, watching
from tests.kit.hooks import until
from tests.kit.servers import listening
from tests.kit.shapes import MODEL
from walkaway_core.store import api_keys

FEED = "/v1/events"
LOOK = """hidden => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def counted(made: cost.Account) -> dict[str, Any]:
    """Open the console, look at its inbox and at a session, and look away."""
    gateway = Gateway(made.shape.deployment)
    key, _ = api_keys.create(made.shape.services.table, made.shape.clock, "alpha")
    with made.shape.client() as client:
        sse.send(client, session := sse.new(client, model=MODEL), "go")
    made.begin()
    with listening(gateway) as url, chromium() as browser, watching(browser) as console:
        tab = console.page
        tab.clock.install()
        tab.goto(f"{url}/prod/console/")
        tab.get_by_label("API key").fill(key)
        tab.get_by_role("button", name="Sign in").click()
        tab.locator("main[aria-busy=false]").wait_for()
        poll = until(lambda: polling(gateway))
        opening = Counter(folder(each.function) for each in gateway.taken)
        api = {**made.about("api"), "read units": made.meter.counts.used["api", "read units"]}
        until(lambda: poll.ended)
        looks = cost.of("stream", made.looks)
        console.go(f"s/{session}")
        tab.locator(".turns .mark.completed").wait_for()
        made.begin()
        last, began = until(lambda: polling(gateway)), time.monotonic()
        until(lambda: last.ended)
        beats = made.meter.counts.used["stream", "read units"] / (time.monotonic() - began)
        tab.evaluate(f"({LOOK})(true)")
        tab.clock.fast_forward("05:01")
        until(lambda: all(each.ended for each in gateway.taken))
        unseen = len(console.requests)
        tab.clock.fast_forward("55:00")
        tab.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
        return {
            "opening": dict(opening),
            "api": api,
            "poll": round(poll.ended - poll.began, 1),
            "look": looks["read units"] / looks["calls"],
            "beats": round(beats, 2),
            "hidden": len(console.requests) - unseen,
        }


def polling(gateway: Gateway) -> Taken | None:
    """Give the poll of the feed that waits."""
    return next((each for each in gateway.taken if each.path == FEED and not each.ended), None)


def main() -> None:
    """Count, and write counts.json and docs/cost.md; without a browser what was counted last stays."""
    if CHROMIUM is None:
        print("There is no chromium, so the counts of an open tab stay as they are: as root, `make browser`")
        return
    with cost.account() as made:
        made.warm_up()
        page.keep({"tab": counted(made)})


if __name__ == "__main__":
    main()
