"""One invocation for a container: its tree is brought, the command runs in it, what is new goes out.

Beside the output (`handler`) go out, when the command is to keep something:

index             what is in the tree now
pieces/NAME …     contents that no earlier generation has
outputs/NAME …    files below the outputs, as they are
manifest.json     as `handler` has it, and "kept": null or {"pieces": [name], "outputs": [[path, name]]}
"""

import base64
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from walkaway_sandbox import command, processes
from walkaway_sandbox.bringing import Held, Sources, bring
from walkaway_sandbox.command import Shell
from walkaway_sandbox.index import Index, pack, unpack
from walkaway_sandbox.keeping import ENTRIES, MOST_BYTES, Keeper, TooMuch
from walkaway_sandbox.output import Output
from walkaway_sandbox.places import OUTPUTS, Places
from walkaway_sandbox.transfer import Post, read

OUTPUT_BYTES = 20_000_000
"""More than of another command: files are read by commands here."""

_held = Held()
"""What the last call of this session has left in the tree."""


def carry_out(event: Mapping[str, Any], root: Path, post: Post) -> bool:
    """Carry out one call below `root`; say whether nothing of it is left that runs.

    At the event's "container" stands {"index": address or null, "pieces": {name: address}, "outputs": {name: address},
    "mounts": [[place, version, address]], "stdin": base64, "keeps", "next": the name of the new generation}.
    Raises OSError, ValueError.
    """
    told = json.loads(read(event["container"]))
    places, output = Places(root), Output(post, OUTPUT_BYTES)
    index = unpack(read(told["index"])) if told["index"] else Index()
    mounts = {place.lstrip("/"): (version, address) for place, version, address in told["mounts"]}
    bring(places, index, Sources(told["pieces"], told["outputs"], mounts), _held)
    killed, code = command.run(_shell(event, told, places, mounts), output.take)
    clean = processes.sweep()
    output.flush()
    lost = [f"not mounted: /{path} is no longer there as it was" for path in mounts if path not in _held.mounts]
    kept = _kept(Keeper(places, post, index, _held, told["next"]), mounts, lost) if told["keeps"] else None
    _hand_over(post, {"exit_code": code, "killed": killed, "changed": [], "deleted": []}, kept, lost)
    return clean


def _shell(event: Mapping[str, Any], told: Mapping[str, Any], places: Places, mounts: Collection[str]) -> Shell:
    environment = places.environment(mounts)
    mounted = sum(places.real(path).stat().st_size for path in _held.mounts)
    return Shell(
        event["command"],
        Path(environment["PWD"]),
        environment,
        event["timeout"],
        watched=places.root,
        entries=ENTRIES,
        most=MOST_BYTES + mounted,
        what="the container",
        stdin=base64.b64decode(told["stdin"]),
    )


def _kept(keeper: Keeper, mounts: Collection[str], lost: list[str]) -> Index | None:
    try:
        return keeper.keep(mounts, lost)
    except TooMuch as reason:
        lost.append(str(reason))
        return None


def _hand_over(post: Post, end: Mapping[str, Any], kept: Index | None, lost: list[str]) -> None:
    """Send the index and the manifest, that last: without it nothing counts."""
    manifest: dict[str, Any] = {**end, "lost": [_text(sentence) for sentence in lost], "kept": None}
    if kept is not None:
        body = pack(kept)
        post.send("index", len(body), [body])
        outputs = {path.removeprefix(f"{OUTPUTS}/"): file.object for path, file in kept.files.items() if file.object}
        manifest["kept"] = {
            "pieces": list(kept.pieces),
            "outputs": [[_text(path), name] for path, name in outputs.items()],
        }
    body = json.dumps(manifest).encode()
    post.send("manifest.json", len(body), [body])


def _text(name: str) -> str:
    """Write a name, however it is encoded, so that it can be read."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
