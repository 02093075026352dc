"""Fails when the API of now would break callers of the last release: `python -m dev.breaks`, in `make check`.

The last release's OpenAPI documents stand in docs/releases/VERSION/ under the names that those of now have in docs/.
At a release, `python -m dev.breaks --release` replaces them by those of now, without their texts; commit the result.
What counts as a break: an operation, answer, parameter or field that is gone, one that is newly required, types, enums
and limits that take less than before, and answers that may be of a new type or lack a field.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dev.schemas import Comparison, resolved
from walkaway_wire import VERSION

ROOT = Path(__file__).parents[1]
NOW = ROOT / "docs"
RELEASES = NOW / "releases"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
TEXTS = ("title", "summary", "description", "examples", "example", "operationId", "tags")

MISSTATED = {
    "GET /api/v1/runs/{}/stream 200: application/json is gone",
    "GET /api/agent/{}/status/{}/events 200: application/json is gone",
}
"""What the last release's documents said and its server never did; to be emptied at a release."""

ASKED_FOR = re.compile(r"pending_tool_calls\[\]\.expires_at: may now be null$")
"""What is so only for who asks for what the last release refused: a call without an end, `"tool_timeout": 0`."""

Document = Mapping[str, Any]


def compare(baseline: Mapping[str, Document], now: Mapping[str, Document]) -> list[str]:
    """Say what of the baseline's documents is broken now; both by name.

    An operation is looked for in the document of the same name, then in the others: it may move between them.
    """
    breaks = []
    for name, old in baseline.items():
        homes = [now[name]] if name in now else []
        homes += [document for other, document in now.items() if other != name]
        for (method, path), before in _operations(old).items():
            home = next((home for home in homes if (method, path) in _operations(home)), None)
            if home is None:
                breaks.append(f"{method.upper()} {path}: removed")
            else:
                breaks += _operation(old, before, home, _operations(home)[method, path], f"{method.upper()} {path}")
    return breaks


def _operations(document: Document) -> dict[tuple[str, str], Document]:
    """By method and path; what a path's variables are called makes no difference."""
    return {
        (method, re.sub(r"\{.*?\}", "{}", path)): {**methods[method], "shared": methods.get("parameters", [])}
        for path, methods in document["paths"].items()
        for method in METHODS
        if method in methods
    }


def _operation(old: Document, before: Document, new: Document, after: Document, where: str) -> Iterator[str]:
    sent = Comparison(old, new, sent=True)
    given, taken = _parameters(before, old), _parameters(after, new)
    for key, parameter in given.items():
        if key not in taken:
            yield f"{where} {key}: removed"
        else:
            yield from sent.breaks(parameter.get("schema", {}), taken[key].get("schema", {}), f"{where} {key}")
    for key, parameter in taken.items():
        if parameter.get("required") and not given.get(key, {}).get("required"):
            yield f"{where} {key}: required now"
    body, wanted = resolved(before.get("requestBody", {}), old), resolved(after.get("requestBody", {}), new)
    if wanted.get("required") and not body.get("required"):
        yield f"{where}: a body is required now"
    yield from _content(sent, body, wanted, f"{where} body")
    for status, answer in before.get("responses", {}).items():
        if status in after["responses"]:
            later = resolved(after["responses"][status], new)
            yield from _content(Comparison(old, new, sent=False), resolved(answer, old), later, f"{where} {status}")
        elif status.startswith("2"):
            yield f"{where}: {status} is answered no more"


def _content(comparison: Comparison, old: Document, new: Document, where: str) -> Iterator[str]:
    for kind, content in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"{where}: {kind} is gone"
        else:
            yield from comparison.breaks(content.get("schema", {}), new["content"][kind].get("schema", {}), where)


def _parameters(operation: Document, document: Document) -> dict[str, Document]:
    every = [resolved(parameter, document) for parameter in [*operation["shared"], *operation.get("parameters", [])]]
    return {f"{parameter['in']} {parameter['name']}": parameter for parameter in every if parameter["in"] != "path"}


def documents(folder: Path) -> dict[str, Document]:
    """The OpenAPI documents of a folder, by name."""
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("openapi*.json"))}


def plain(value: Any) -> Any:
    """Leave out the texts, which break nothing; a field that is called like one is an object and stays."""
    if isinstance(value, Mapping):
        return {
            key: plain(inner) for key, inner in value.items() if key not in TEXTS or not isinstance(inner, str | list)
        }
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def release() -> None:
    """Make the documents of now the baseline."""
    shutil.rmtree(RELEASES, ignore_errors=True)
    folder = RELEASES / VERSION
    folder.mkdir(parents=True)
    for name, document in documents(NOW).items():
        (folder / name).write_text(json.dumps(plain(document), separators=(",", ":"), ensure_ascii=False) + "\n")


def main() -> None:
    """Compare, or take over."""
    if "--release" in sys.argv:
        release()
        return
    folders = [path for path in RELEASES.glob("*") if path.is_dir()]
    if len(folders) != 1 or not (baseline := documents(folders[0])):
        sys.exit("docs/releases must hold the documents of one release; `python -m dev.breaks --release` writes them")
    found = compare(baseline, documents(NOW))
    if breaks := [one for one in found if one not in MISSTATED and not ASKED_FOR.search(one)]:
        sys.exit("\n".join([f"breaks callers of {folders[0].name}:", *(f"  {one}" for one in breaks)]))


if __name__ == "__main__":
    main()
