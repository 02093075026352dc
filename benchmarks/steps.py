"""Measures the steps of one long turn of the offline model: what a late step costs beside an early one."""

import itertools
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import BinaryIO

from benchmarks.servers import started

STEPS, AROUND = 1_000, 100
TASK = f"Write a report on rain to rain.md in {STEPS} steps"
WINDOW = 30_000
"""Tokens; 14,000 of them for the conversation, which is as full at step 100 as at step 1,000."""


def durations(port: int) -> list[float]:
    """Run the turn; give each step's seconds, from its start to the start of the next."""
    session = json.loads(_post(port, "", {"max_steps": STEPS + 1}).read())["id"]
    lines = _post(port, f"/{session}/messages", {"message": TASK})
    begun = [time.perf_counter() for line in lines if line.startswith(b"event: step.started")]
    return [later - earlier for earlier, later in itertools.pairwise(begun)]


def _post(port: int, path: str, body: dict[str, object]) -> BinaryIO:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/sessions{path}", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    return urllib.request.urlopen(request)  # type: ignore[no-any-return]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"WALKAWAY_REHEARSAL_DELAY": "0", "WALKAWAY_CONTEXT_TOKENS": str(WINDOW)}
        with started("walkaway", Path(folder), environ=environ) as server:
            taken = durations(server.port)
    early, late = (statistics.median(part) * 1000 for part in (taken[AROUND : 2 * AROUND], taken[-AROUND:]))
    print(f"step {AROUND} to {2 * AROUND}: {early:.1f} ms, the last {AROUND} of {STEPS}: {late:.1f} ms, ratio", end=" ")
    print(f"{late / early:.2f} (aim ≤ 1.5)")


if __name__ == "__main__":
    main()
