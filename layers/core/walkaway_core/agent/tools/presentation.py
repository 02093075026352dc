"""The tool that makes a real .pptx."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.agent.tools.files import Path
from walkaway_core.agent.tools.tool import Tool, ToolContext, ToolError
from walkaway_core.ports import paths


class Slide(BaseModel):
    """A content slide."""

    model_config = ConfigDict(extra="forbid")

    title: str
    bullets: Annotated[list[str], Field(max_length=20)]
    notes: str = ""


class CreatePresentation(Tool):
    """Make a PowerPoint file (.pptx) in the workspace: a title slide, then one slide for each entry of slides."""

    name: ClassVar[str] = "create_presentation"
    repeatable: ClassVar[bool] = True
    light: ClassVar[bool] = True

    path: Path
    title: str
    subtitle: str = ""
    slides: Annotated[list[Slide], Field(min_length=1, max_length=100)]

    def run(self, context: ToolContext) -> str:
        """Make it and write it."""
        path = paths.clean_agent(self.path)
        if not path.lower().endswith(".pptx"):
            raise ToolError(f"{path!r} must end in .pptx")
        with context.hand() as hand:
            made: bytes = hand.do("slides:deck", self.title, self.subtitle, [one.model_dump() for one in self.slides])
        info = context.write(path, made)
        return f"Wrote {path}: {len(self.slides) + 1} slides, {info.size} bytes"
