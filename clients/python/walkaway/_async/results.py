"""What came of a turn: a value that does not change, and the files that the turn has made."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from walkaway import paths
from walkaway._async.files import AsyncFiles
from walkaway._async.transport import AsyncTransport
from walkaway.errors import FeatureMissing
from walkaway.tools import Call

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
    _transport: AsyncTransport

    @classmethod
    def of(cls, turn: "AsyncTurn", transport: AsyncTransport) -> "AsyncResult":
        """Take what a turn's record says."""
        files = turn.files
        return cls(
            turn.text,
            turn.status,
            turn.usage,
            turn.cost_usd,
            int(turn.raw.get("steps") or 0),
            None if files is None else tuple(files),
            tuple(turn.pending),
            turn,
            transport,
        )

    async def save(self, folder: "str | os.PathLike[str]") -> list[Path]:
        """Write the files that the turn has made below a folder of this machine, each at its path of the workspace.

        Raises FeatureMissing where the server does not tell which those are, and FileRefused for one outside.
        """
        if self.files is None:
            raise FeatureMissing(
                "files_of_turns",
                "This server is older and does not tell which files a turn made; see session.files.walk()",
            )
        files = AsyncFiles(self._transport, self.turn.session_id)
        written = []
        for each in self.files:
            if each.get("op") != "deleted":
                path = str(each["path"])
                written.append(await files.download(path, paths.inside(Path(folder), path)))
        return written

    def parse(self, model: "type[M]") -> M:
        """Read the text as JSON of a pydantic model. Raises pydantic's ValidationError."""
        text = self.text.strip()
        if text.startswith("```"):
            text = text.partition("\n")[2].rpartition("```")[0]
        return model.model_validate_json(text)
