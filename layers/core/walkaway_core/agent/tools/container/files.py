"""The container's tools for files: each is a small command there, so that all paths are the container's own."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from walkaway_core.agent import attachments
from walkaway_core.agent.tools.container import holding, scripts
from walkaway_core.agent.tools.container.holding import WHOLE, Done, Work
from walkaway_core.agent.tools.tool import Result, Tool, ToolContext, ToolError
from walkaway_core.errors import BodyTooLarge, Invalid
from walkaway_core.store.services import Services
from walkaway_wire import jsontext

SECONDS = 60.0
ANSWER_BYTES = 12_000_000
"""What a command may answer: a PDF of the largest size that is shown, in base64."""
CONTENT = 10_000_000

Path = Annotated[
    str, Field(min_length=1, max_length=4096, description="absolute, or relative to the working directory")
]
Folder = Annotated[
    str | None, Field(max_length=4096, description="where to look; the working directory if it is left out")
]


class FileTool(Tool):
    """A tool that does one thing with files."""

    repeatable: ClassVar[bool] = True
    in_order: ClassVar[bool] = True
    deadline: ClassVar[float] = WHOLE
    keeps: ClassVar[bool] = False
    """Whether it changes something."""

    @classmethod
    def missing(cls, services: Services) -> str | None:
        """Say why no command can be run here."""
        return services.sandbox.problem()

    def run(self, context: ToolContext) -> Result:
        """Do it, and give what the command answers."""
        asked = jsontext.dump_bytes({"do": self.name, "with": self.model_dump(exclude_none=True)})
        said = bytearray()

        def heard(data: bytes) -> None:
            if len(said) + len(data) > ANSWER_BYTES:
                raise ToolError("The answer is too large; ask for less at once")
            said.extend(data)

        work = Work(scripts.helper(), asked, SECONDS, self.keeps)
        done = holding.carry_out(context, work, heard, self.lease())
        return _result(self.name, done, bytes(said))


def _result(name: str, done: Done, said: bytes) -> Result:
    notes = [f"[{note}]" for note in done.notes]
    if done.killed:
        return done.result("\n".join([f"{name} was killed: {done.killed}", *notes]), is_error=True)
    try:
        answer: dict[str, Any] = jsontext.loads(said)
        words = answer["error"] if "error" in answer else answer.get("text", "")
    except (ValueError, TypeError, KeyError):
        told = said.decode(errors="replace").strip()[-500:]
        return done.result("\n".join([f"{name} has failed: {told}", *notes]), is_error=True)
    if "media" in answer:
        return _shown(done, answer)
    return done.result("\n".join([words, *notes]), is_error="error" in answer)


def _shown(done: Done, answer: dict[str, Any]) -> Result:
    """Give an image or a PDF as a block, if it is one: the service refuses what only has such a name."""
    try:
        block = attachments.inline("The file", str(answer["media"]), str(answer["data"]))
    except (Invalid, BodyTooLarge) as error:
        return done.result(str(error), is_error=True)
    return done.result([block], is_error=False)


class Read(FileTool):
    """Read a text file, whole or some of its lines; an image or a PDF is shown as it is."""

    name: ClassVar[str] = "read"

    file_path: Path
    view_range: Annotated[
        list[int] | None,
        Field(min_length=2, max_length=2, description="first and last line, from 1; a last one of 0 is the end"),
    ] = None


class Write(FileTool):
    """Write a whole text file; what was there is replaced, and directories come into being as needed."""

    name: ClassVar[str] = "write"
    keeps: ClassVar[bool] = True

    file_path: Path
    content: Annotated[str, Field(max_length=CONTENT)]


class Edit(FileTool):
    """Replace a piece of a text file. The old text must occur exactly once, unless all occurrences are meant."""

    name: ClassVar[str] = "edit"
    repeatable: ClassVar[bool] = False
    keeps: ClassVar[bool] = True

    file_path: Path
    old_string: Annotated[str, Field(min_length=1, max_length=CONTENT)]
    new_string: Annotated[str, Field(max_length=CONTENT)]
    replace_all: bool | None = None


class Glob(FileTool):
    """List files whose path fits a pattern such as **/*.py, the newest first."""

    name: ClassVar[str] = "glob"

    pattern: Annotated[str, Field(min_length=1, max_length=1000)]
    path: Folder = None


class Grep(FileTool):
    """Search text files for a regular expression; gives path, line number and line."""

    name: ClassVar[str] = "grep"

    pattern: Annotated[str, Field(min_length=1, max_length=1000, description="a Python regular expression")]
    path: Folder = None
