"""What the offline model does in a session's container: the same plans, by other tools, and with absolute paths.

A message is read by the same rules (`reading.py`): its absolute paths are written as those below the workspace's mount
while it is read. What is asked for without a name of its own is left where a container's outputs are.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from walkaway_core.models.rehearsal import reading
from walkaway_core.models.rehearsal.binding import blocks
from walkaway_core.models.rehearsal.reading import SUFFIXES, Wish
from walkaway_core.ports.containers import OUTPUTS, PLACES, UPLOADS, UPLOADS_LINK
from walkaway_core.ports.paths import MOUNT

Block = dict[str, Any]
Move = list[Block]

NAMES: Final = frozenset({"bash", "edit", "glob", "grep", "read", "write"})
"""Names that tools of a container have, and that callers may have given theirs: what they take tells."""
TAKES: Final = frozenset({"file_path", "pattern", "restart"})
LINES: Final = 10
"""Of a file that is only looked at."""
_ABSOLUTE = re.compile(rf"(?<![\w./:@-])(?:{'|'.join((*PLACES, UPLOADS_LINK, '/data'))})/[^\s`\"'“”,;:!?()<>]*[\w)]")
_GIVEN = (f"{UPLOADS}/", f"{UPLOADS_LINK}/")
_COLUMNS = re.compile(r"\b(?:columns?|headers?|fields?)\b", re.IGNORECASE)


def offered(tools: Iterable[Block]) -> set[str]:
    """Name the tools of a container that are offered; none where the session has none."""
    return {tool["name"] for tool in tools if is_ours(tool)}


def is_ours(tool: Block) -> bool:
    """Whether a tool is one of a container's, and not a caller's or the workspace's of the same name."""
    return tool["name"] in NAMES and bool(TAKES & set(tool.get("input_schema", {}).get("properties", {})))


def understand(message: str) -> Wish:
    """Read a message to an agent that has a container."""
    places = list(dict.fromkeys(_ABSOLUTE.findall(message)))
    make = reading.MAKE.search(message)
    target = next((place for place in places if place.startswith(f"{OUTPUTS}/")), "") if make else ""
    sources = [place for place in places if place != target] if target else []
    wish, path = _understood(message, places, sources)
    if wish.deed == "make" and path.startswith(_GIVEN):  # nobody can: it is to be made of what was given
        sources = [place for place in places if place.startswith(_GIVEN)]
        wish, path = _understood(message, places, sources) if make else (replace(wish, deed="read"), path)
    elif wish.deed in ("list", "talk") and path in places and "." in path.rpartition("/")[2]:
        wish = replace(wish, deed="read")
    if target and path == target:
        kind = SUFFIXES.get(target.rpartition(".")[2].lower(), "document")
        wish = replace(wish, deed="make", kind=kind)
    elif wish.deed == "make" and path and (sources or path not in message):
        path = f"{OUTPUTS}/{path.rpartition('/')[2]}"
    if wish.deed == "make" and wish.kind == "presentation":
        path, wish = f"{path.removesuffix('.pptx')}.md", replace(wish, kind="document")
    subject, pattern = (text.replace(MOUNT, "") for text in (wish.subject, wish.pattern))
    command = reading.command(message)
    return replace(wish, path=path, sources=tuple(sources), subject=subject, pattern=pattern, command=command)


def _understood(message: str, places: Iterable[str], sources: Iterable[str]) -> tuple[Wish, str]:
    """Read a message by the rules of the workspace; give the file that it is about as the message has it, too."""
    told = _ABSOLUTE.sub(lambda found: _hidden(found[0]) if found[0] in sources else MOUNT + found[0], message)
    wish = reading.understand(told)
    return wish, f"/{wish.path}" if f"/{wish.path}" in places else wish.path


def moves(plan: list[Move], wish: Wish, names: set[str]) -> list[Move]:
    """Carry a plan out with a container's tools: what is only reported is said before the next call."""
    looks = [[call for path in wish.sources if (call := _translated(_read(path), names))]] if wish.sources else []
    made: list[Move] = [move for move in looks if move]
    said: Move = []
    for number, move in enumerate(plan):
        calls = [call for block in move if block["type"] == "tool_use" and (call := _translated(block, names))]
        said += [block for block in move if block["type"] == "text"]
        if calls or number == len(plan) - 1:
            made.append([*said, *calls])
            said = []
    return made


def spent(move: Move, names: set[str]) -> Move:
    """Let a step that only reports how far it is call something that is there."""
    name = "bash" if "bash" in names else "glob" if "glob" in names else min(names)
    given = {"bash": {"command": "pwd"}, "glob": {"pattern": "*"}}.get(name, {"file_path": ".", "pattern": "."})
    instead = {"type": "tool_use", "name": name, "input": given}
    spare = [block for block in move if block.get("name") in ("report_progress", "list_files")]
    return [instead if block in spare else block for block in move]


def columns(message: str, path: str, content: str) -> str:
    """Name the columns of a table that was read, if the message asks for them."""
    if not (_COLUMNS.search(message) and path.lower().endswith((".csv", ".tsv"))):
        return ""
    first = re.sub(r"^\s*\d+[\t→:|]\s?", "", next(iter(content.splitlines()), ""))
    names = [name.strip().strip('"') for name in first.split("\t" if path.lower().endswith(".tsv") else ",")]
    return f"The columns of {path} are: {', '.join(names)}.\n\n"


def text_of(result: Block) -> str:
    """Give the text of a tool's result; what else it has is named."""
    content = blocks(result.get("content") or "")
    return "\n".join(block["text"] if block["type"] == "text" else f"[{block['type']}]" for block in content)


def where(path: str) -> str:
    """Say where a file is."""
    return f"at {path}" if path.startswith("/") else f"in the workspace as {path}"


def _hidden(path: str) -> str:
    """Say a source by its name alone, so that the file which is to be made is the one that is found."""
    return path.rpartition("/")[2].rpartition(".")[0] or path.rpartition("/")[2]


def _read(path: str) -> Block:
    return {"type": "tool_use", "name": "read_file", "input": {"path": path, "lines": LINES}}


def _translated(call: Block, names: set[str]) -> Block | None:
    """Give the call of a container's tool that does what one of ours would; None where there is none."""
    if call["name"] not in _INSTEAD:
        return call if call["name"] != "bash" or "bash" in names else None
    for name, arguments in _INSTEAD[call["name"]].items():
        if name in names:
            return {"type": "tool_use", "name": name, "input": arguments(call["input"])}
    return None


def _globbed(given: Block) -> Block:
    folder, _, name = given.get("pattern", "**/*").rpartition("/") if "pattern" in given else ("", "", "**/*")
    return {"pattern": name, **({"path": folder} if folder else {})}


def _head(given: Block) -> Block:
    return {"command": f"head -n {given.get('lines', 2000)} {shlex.quote(given['path'])}"}


def _written(given: Block) -> Block:
    path = given["path"]
    folder = path.rpartition("/")[0]
    made = f"mkdir -p {shlex.quote(folder)} && " if folder else ""
    return {"command": f"{made}printf %s {shlex.quote(given['content'])} > {shlex.quote(path)}"}


_INSTEAD: Final[Mapping[str, Mapping[str, Callable[[Block], Block]]]] = {
    "read_file": {
        "read": lambda given: {
            "file_path": given["path"],
            **({"view_range": [1, given["lines"]]} if "lines" in given else {}),
        },
        "bash": _head,
    },
    "write_file": {
        "write": lambda given: {"file_path": given["path"], "content": given["content"]},
        "bash": _written,
    },
    "list_files": {"glob": _globbed, "bash": lambda _: {"command": "find . -type f | head -n 100"}},
    "search_files": {
        "grep": lambda given: {"pattern": re.escape(given["pattern"])},
        "bash": lambda given: {"command": f"grep -rnF -e {shlex.quote(given['pattern'])} ."},
    },
    "report_progress": {},
    "create_presentation": {},
}
"""By a tool of ours the container's that do the same, the best one first, with what each is given."""
