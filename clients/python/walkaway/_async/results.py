"""What came of a turn: a value that does not change, and the files that the turn has made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from walkaway import paths
from walkaway._async import waiting
from walkaway._async.files import AsyncFiles
from walkaway._async.transport import AsyncTransport
from walkaway.errors import (
    FeatureMissing,
    FileRefused,
    FilesChanged,
    FilesRefused,
    NotFound,
    PreconditionFailed,
    TurnCancelled,
    TurnFailed,
)
from walkaway.retries import Deadline
from walkaway.tools import Approver, Call, Tool

if TYPE_CHECKING:
    import os

    from pydantic import BaseModel

    from walkaway._async.turns import AsyncTurn

M = TypeVar("M", bound="BaseModel")


@dataclass(frozen=True)
class AsyncResult:
    """What a turn has come to. `calls`: those that it still waits for. `files`: None where the server does not tell.

    A file is `{"path", "size", "op": "written" | "deleted"}`, as it was when the turn was over.
    """

    text: str
    status: str
    usage: Mapping[str, int]
    cost_usd: float | None
    steps: int
    files: "tuple[Mapping[str, Any], ...] | None"
    calls: tuple[Call, ...]
    turn: "AsyncTurn"
    _transport: AsyncTransport = field(repr=False)

    @classmethod
    def of(cls, turn: "AsyncTurn", transport: AsyncTransport) -> "AsyncResult":
        """Take what a turn's record says."""
        return cls(
            turn.text,
            turn.status,
            turn.usage,
            turn.cost_usd,
            int(turn.raw.get("steps") or 0),
            turn.files,
            tuple(turn.pending),
            turn,
            transport,
        )

    async def save(self, folder: "str | os.PathLike[str]", *, latest: bool = False) -> list[Path]:
        """Write the files that the turn has written below a folder of this machine, each at its path of the workspace.

        What has been changed or deleted since is no longer what the turn has made: the others are saved, and then
        FilesChanged is raised. `latest`: files are saved as they are now, and what is gone is left out. Raises
        FeatureMissing where the server does not tell which files those are, and, once the others are saved,
        FilesRefused for those outside and those that cannot be written here.
        """
        if self.files is None:
            raise FeatureMissing(
                "files_of_turns",
                "This server is older and does not tell which files a turn made; see session.files.walk()",
            )
        files = AsyncFiles(self._transport, self.turn.session_id)
        saved, changed, refused = list[Path](), list[str](), dict[str, str]()
        for each in [file for file in self.files if file.get("op") != "deleted"]:
            path, version = str(each["path"]), str(each.get("version") or "")
            try:
                target = paths.inside(Path(folder), path)
                saved.append(await files.fetch(path, target, "" if latest else version))
            except (NotFound, PreconditionFailed):
                changed.append(path)
            except (FileRefused, OSError) as error:
                refused[path] = str(error) if isinstance(error, FileRefused) else f"{path}: {error.strerror or error}"
        if refused:
            since = {} if latest else {path: f"{path} is changed or deleted since" for path in changed}
            raise FilesRefused(refused | since, saved)
        if changed and not latest:
            raise FilesChanged(changed, saved)
        return saved

    def parse(self, model: "type[M]") -> M:
        """Read the text as JSON of a pydantic model. Raises pydantic's ValidationError."""
        text = self.text.strip()
        if text.startswith("```"):
            text = text.partition("\n")[2].rpartition("```")[0]
        return model.model_validate_json(text)


async def awaited(
    turn: "AsyncTurn",
    transport: AsyncTransport,
    own: Mapping[str, Tool],
    approver: Approver | None,
    deadline: Deadline,
    *,
    raising: bool = True,
    raise_on_failure: bool = True,
) -> AsyncResult:
    """Wait for a turn's end, as `turn.result` says it, and give what came of it."""
    await waiting.for_the_end(turn, transport, own, approver, deadline, raising=raising)
    if raise_on_failure and turn.status == "failed":
        raise TurnFailed(turn, str(turn.raw.get("error_code") or ""), turn.error or "it does not say why")
    if raise_on_failure and turn.status == "cancelled":
        raise TurnCancelled(turn)
    return AsyncResult.of(turn, transport)
