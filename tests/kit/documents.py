"""What stands in documents that an agent has made."""

import csv
import io
import json


def read(path: str, body: bytes) -> str:
    """Read a file as what its name says that it is."""
    if path.endswith(".pptx"):
        return deck_text(body)
    text = body.decode()
    if path.endswith(".json"):
        json.loads(text)
    elif path.endswith(".csv"):
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1
    elif path.endswith(".py"):
        compile(text, path, "exec")
    elif path.endswith(".html"):
        assert text.startswith("<!doctype html>")
    return text


def deck_text(body: bytes) -> str:
    from pptx import Presentation

    deck = Presentation(io.BytesIO(body))
    assert len(deck.slides) >= 2
    return "\n".join(shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame)
