"""Drawing up a presentation as PowerPoint reads it (.pptx)."""

import io
from typing import Any


def deck(title: str, subtitle: str, slides: list[dict[str, Any]]) -> bytes:
    """Give the file: a title slide, then one for each of `slides` with its `title`, `bullets` and `notes`."""
    from pptx import Presentation

    deck = Presentation()
    cover = deck.slides.add_slide(deck.slide_layouts[0])
    cover.shapes.title.text = _xml(title)
    cover.placeholders[1].text = _xml(subtitle)
    for slide in slides:
        page = deck.slides.add_slide(deck.slide_layouts[1])
        page.shapes.title.text = _xml(slide["title"])
        page.placeholders[1].text_frame.text = "\n".join(_xml(bullet) for bullet in slide["bullets"])
        if slide["notes"]:
            page.notes_slide.notes_text_frame.text = _xml(slide["notes"])
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _xml(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or " " <= c < "\ud800" or c > "\udfff")
