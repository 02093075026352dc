"""What a container gives out: files below OUTPUTS get ids in the transaction of the call that has left them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from walkaway_core.agent.tools.tool import ToolContext
from walkaway_core.errors import QuotaReached, Unavailable
from walkaway_core.ports import paths
from walkaway_core.ports.containers import OUTPUTS, OutputFile
from walkaway_core.store import containers, identified, media_types, pending
from walkaway_core.store.containers import State
from walkaway_core.store.kept import OUTPUT, Told
from walkaway_core.store.pending import Pending
from walkaway_core.store.transaction import Transaction

WRITES = 80
"""How many writes of the result's transaction there are for files: the Table takes a hundred in all."""
NEW, REPLACED = 3, 7
"""Writes for a file that is new, and for one in whose place another one was."""
RECORD_BYTES = 250_000
"""Of all paths that have had ids: they stand in one record."""
SHOWN = 10


@dataclass
class Came:
    """What has come out of a command: by path the SHA-256, and the file whose bytes are there already."""

    context: ToolContext
    state: State
    files: dict[str, tuple[str, Pending]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    """What got no id, and why."""

    def keep(self, tx: Transaction, generation: str) -> None:
        """Let the container be what it has become, and its new files have ids; those that they replace go."""
        services, key = self.context.services, self.context.session.key
        now = {path: [digest, file.key] for path, (digest, file) in self.files.items()}
        old = [self.state.outputs[path][1] for path in now if path in self.state.outputs]
        for there in identified.some(services, key.tenant, old) if old else ():  # others their users have deleted
            identified.remove(services, tx, there)
        for _, file in self.files.values():
            file.keep(tx)
        settled = replace(self.state, generation=generation, outputs={**self.state.outputs, **now})
        containers.settle(tx, key, self.context.nonce, settled)

    def forget(self) -> None:
        """Let none of it come to be."""
        for _, file in self.files.values():
            with suppress(Unavailable):  # its due item removes it
                file.forget()


def came(context: ToolContext, state: State, found: Sequence[OutputFile]) -> Came:
    """Read what is new below OUTPUTS, as much as one transaction takes: the next command finds what is left.

    Raises what reading and writing raise; nothing is left over then.
    """
    made = Came(context, state)
    room, space = WRITES, RECORD_BYTES - sum(len(path.encode()) + 100 for path in state.outputs)
    try:
        for file in found:
            known = state.outputs.get(file.path)
            if known and known[0] == file.sha256:
                continue
            room -= REPLACED if known else NEW
            space -= 0 if known else len(file.path.encode()) + 100
            if room < 0 or space < 0:
                made.left.append(file.path)
                continue
            if (begun := _begun(context, file)) is None:
                made.left.append(file.path)
            else:
                made.files[file.path] = file.sha256, begun
    except BaseException:
        made.forget()
        raise
    return made


def told(left: Sequence[str]) -> list[str]:
    """Say to the model what got no id."""
    if not left:
        return []
    names = ", ".join(paths.shown(path) for path in left[:SHOWN])
    more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    room = f"A command gives out about {WRITES // NEW} files at once, within the room that the user has"
    here = f"not given out yet, of what is in {OUTPUTS}: {names}{more}"
    return [f"{here}. {room}; run another command, or pack them into an archive"]


def _begun(context: ToolContext, file: OutputFile) -> Pending | None:
    """Write a file's bytes; None where there is no room for them."""
    key, name = context.session.key, file.path.rpartition("/")[2]
    media = media_types.of(name) or "application/octet-stream"

    def pieces() -> Iterator[bytes]:
        for piece in file.contents():
            context.allotted.check()
            yield piece

    try:
        return pending.begin(context.services, key.tenant, Told(name, media, OUTPUT, scope=key.session), pieces())
    except QuotaReached:
        return None
