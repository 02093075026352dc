"""Makes a small data folder at a commit from before 0.1.0, to see that it is opened, or refused with a sentence.

    PYTHON -m tests.upgrades.make_early tests/upgrades/early/COMMIT

`PYTHON` is that commit's, with its packages. Only what every commit could do: a turn that is over, one that is killed
in the middle, a message that waits behind it, a file. What later versions need more is in `make.py`.
"""

import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from tests.upgrades.make import LATER, SLOW, Caller, serving, until


def under_way(caller: Caller) -> dict[str, Any]:
    """Make what there is at the moment of the death; give the ids."""
    done, busy = caller.session(), caller.session()
    over = caller.done(done, caller.send(done, "Write a poem about rain.", key="once"))
    caller.http.put(f"/v1/sessions/{done}/files/a.txt", content=b"old").raise_for_status()
    running = caller.send(busy, "Write a 2-page report on tidal power to b.md")
    until(lambda: caller.turn(busy, running)["steps"] > 0)
    waits = caller.http.post(
        f"/v1/sessions/{busy}/messages", json={"message": "Write a poem.", "on_busy": "enqueue"}, headers=LATER
    )
    queued = waits.json()["response_id"] if waits.is_success else ""  # the oldest have no queue
    messages = len(caller.get(f"/v1/sessions/{done}/messages"))
    return {"done": done, "over": over, "busy": busy, "running": running, "queued": queued, "messages": messages}


def main(target: Path) -> None:
    """Make the folder, and say in `made.json` what is in it."""
    with tempfile.TemporaryDirectory() as below:
        data = Path(below) / "data"
        with serving(data, SLOW) as (url, process):
            made = under_way(Caller(url, "none"))
            process.kill()
            process.wait()
        with closing(sqlite3.connect(data / "walkaway.db")) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("VACUUM")
        made["at"] = time.time()
        rmtree(target, ignore_errors=True)
        copytree(data, target / "data", ignore=lambda *_: {"lock", "walkaway.db-wal", "walkaway.db-shm", "sandbox"})
        (target / "made.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
