"""Fails when a released stream of the responses dialect has changed: `python -m dev.folds --check`, in `make check`.

Recorded logs stand in tests/dialects/responses/logs (`record_logs.py` beside them says where they come from), and what
each version of the fold makes of them in streams/VERSION. `streams.json` has the digest of every log with its stream.
Without `--check` this writes what is not there yet, and replaces nothing: a stream that is to be another is a new
version's (decision 0030). Before a release, a version that nobody has been served with may be taken back by hand:
its line of `streams.json` and its folder are deleted and written anew.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.fold import DONE, VERSIONS, Fold
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.log.transcript import Entry
from walkaway_wire import jsontext
from walkaway_wire.events import Event

FOLDER = Path(__file__).parents[1] / "tests/dialects/responses"
LOGS, STREAMS, DIGESTS = FOLDER / "logs", FOLDER / "streams", FOLDER / "streams.json"

Digests = dict[str, dict[str, str]]
"""Of each log with its stream, by version and name."""


@dataclass(frozen=True)
class Golden:
    """A recorded log, what was asked for, and the conversation that was left."""

    name: str
    names: Names
    asked: Asked
    log: list[Event]
    entries: list[Entry]

    @classmethod
    def read(cls, path: Path) -> "Golden":
        """Read one."""
        body = json.loads(path.read_text())
        log = [Event(number, type_, jsontext.dumps(data), at) for number, (type_, data, at) in enumerate(body["log"])]
        entries = [Entry(**entry) for entry in body["entries"]]
        return cls(path.stem, Names(*body["names"]), Asked.stored(body["asked"]), log, entries)

    def stream(self, version: int) -> str:
        """Give what readers get of it, to the end."""
        return Fold(self.names, replace(self.asked, version=version)).sse(self.log) + DONE


def goldens() -> list[Golden]:
    """Read all that are recorded."""
    return [Golden.read(path) for path in sorted(LOGS.glob("*.json"))]


def kept() -> Digests:
    """Read the digests that are kept."""
    found: Digests = json.loads(DIGESTS.read_text()) if DIGESTS.exists() else {}
    return found


def stored(version: int, name: str) -> Path:
    """Say where a stream is kept."""
    return STREAMS / str(version) / f"{name}.txt"


def digest(golden: Golden, stream: str) -> str:
    """Digest what a stream depends on, and the stream."""
    asked = json.loads((LOGS / f"{golden.name}.json").read_text())["asked"]
    told: list[Any] = [[event.type, event.data, event.at] for event in golden.log]
    parts = [golden.names.session, golden.names.turn, asked, told, stream]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def problems(digests: Digests) -> Iterator[str]:
    """Say what is not as it was, or not there."""
    recorded = {golden.name: golden for golden in goldens()}
    for gone in digests.keys() - {str(each) for each in VERSIONS}:
        yield f"version {gone} is gone: turns that were made with it can be read no more"
    for version in VERSIONS:
        known = digests.get(str(version), {})
        for name in sorted(known.keys() | recorded.keys()):
            if name not in recorded or name not in known:
                yield f"{name}, version {version}: {'its log is gone' if name in known else 'it has not been written'}"
                continue
            path = stored(version, name)
            before = path.read_text() if path.exists() else ""
            if known[name] != digest(recorded[name], before):
                yield f"{name}, version {version}: what is recorded has been changed"
            elif recorded[name].stream(version) != before:
                yield f"{name}, version {version}: its stream is another now"


def write() -> None:
    """Write what is not there yet."""
    digests = kept()
    for version in VERSIONS:
        known = digests.setdefault(str(version), {})
        for golden in goldens():
            if golden.name not in known:
                stream, path = golden.stream(version), stored(version, golden.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(stream)
                known[golden.name] = digest(golden, stream)
    DIGESTS.write_text(json.dumps(digests, indent=1, sort_keys=True) + "\n")


def main() -> None:
    """Check, or write."""
    if "--check" not in sys.argv:
        write()
        return
    if found := list(problems(kept())):
        again = "A stream that is to be another is a new version's; `python -m dev.folds` writes what is not there yet."
        sys.exit("\n".join(["streams of the responses dialect:", *(f"  {one}" for one in found), again]))


if __name__ == "__main__":
    main()
