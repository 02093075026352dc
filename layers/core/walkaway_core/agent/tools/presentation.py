"""The tool that makes a real .pptx."""

import io
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
        info = context.write(path, self._file())
        return f"Wrote {path}: {len(self.slides) + 1} slides, {info.size} bytes"

    def _file(self) -> bytes:
        from pptx import Presentation

        deck = Presentation()
        cover = deck.slides.add_slide(deck.slide_layouts[0])
        cover.shapes.title.text = _xml(self.title)
        cover.placeholders[1].text = _xml(self.subtitle)
        for slide in self.slides:
            page = deck.slides.add_slide(deck.slide_layouts[1])
            page.shapes.title.text = _xml(slide.title)
            page.placeholders[1].text_frame.text = "\n".join(_xml(bullet) for bullet in slide.bullets)
            if slide.notes:
                page.notes_slide.notes_text_frame.text = _xml(slide.notes)
        out = io.BytesIO()
        deck.save(out)
        return out.getvalue()


def _xml(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or " " <= c < "\ud800" or c > "\udfff")
