"""The agent's tools, on a real workspace: what they do, and what they tell an agent that is wrong."""

import io
import json
import re
from typing import Any

import pytest
from pptx import Presentation

from tests.kit.engine import Engine
from walkaway_core.agent import tools
from walkaway_core.agent.texts import Text
from walkaway_core.agent.tools import files as tools_files
from walkaway_core.agent.tools.tool import Result, ToolContext
from walkaway_core.ports.paths import files
from walkaway_core.ports.workspace import Refused
from walkaway_core.store import sessions

SLIDE = {"title": "a", "bullets": ["b"]}


@pytest.fixture
def context(engine: Engine) -> ToolContext:
    return ToolContext(
        engine.services, sessions.get(engine.services, engine.session(read=("",), write=("out", "a.txt")))
    )


def use(context: ToolContext, name: str, **arguments: Any) -> Result:
    return tools.use(tools.TOOLS[name], arguments, context)


def said(context: ToolContext, name: str, **arguments: Any) -> str:
    content = use(context, name, **arguments).content
    assert isinstance(content, str)
    return content


def put(context: ToolContext, path: str, data: bytes) -> None:
    context.services.workspace.write(files("t"), path, [data])


def stored(context: ToolContext, path: str) -> bytes | None:
    chunks = context.services.workspace.read(files("t"), path)
    return None if chunks is None else b"".join(chunks)


def test_every_tool_describes_itself_to_the_model() -> None:
    for definition in tools.DEFINITIONS.values():
        assert definition["description"]
        assert definition["input_schema"]["additionalProperties"] is False
    names = ["read_file", "write_file", "edit_file", "list_files", "search_files", "report_progress"]
    assert [*tools.DEFINITIONS] == ["bash", *names, "create_presentation", "fetch_url"]


def test_a_file_is_written_read_and_edited(context: ToolContext) -> None:
    whole = "/opt/sandbox/workspace/out/é.txt"
    assert not use(context, "write_file", path=whole, content="one\ntwo\nthree\n").is_error
    assert stored(context, "out/é.txt") == b"one\ntwo\nthree\n"
    assert use(context, "read_file", path="out/é.txt").content == "one\ntwo\nthree\n"
    assert use(context, "read_file", path="out/é.txt", first_line=2, lines=1).content == "two\n"
    assert not use(context, "edit_file", path="out/é.txt", old_text="two", new_text="2").is_error
    assert stored(context, "out/é.txt") == b"one\n2\nthree\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"old_text": "nothing like it", "new_text": ""}, "does not occur"),
        ({"old_text": "e", "new_text": ""}, "occurs 3 times"),
        ({"old_text": "", "new_text": "x"}, "old_text"),
        ({"old_text": "one"}, "new_text"),
    ],
)
def test_an_edit_that_is_not_clear_changes_nothing(context: ToolContext, arguments: dict[str, Any], words: str) -> None:
    put(context, "a.txt", b"one here")
    result = use(context, "edit_file", path="a.txt", **arguments)
    assert result.is_error
    assert words in result.content
    assert stored(context, "a.txt") == b"one here"
    assert not use(context, "edit_file", path="a.txt", old_text="e", new_text="E", replace_all=True).is_error
    assert stored(context, "a.txt") == b"onE hErE"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("read_file", {"path": "nothing"}, "There is no"),
        ("read_file", {"path": "folder"}, "list_files"),
        ("read_file", {"path": "binary"}, "not UTF-8"),
        ("read_file", {"path": "large"}, "reads files up to"),
        ("read_file", {"path": "/etc/passwd"}, "begins with '/'"),
        ("read_file", {"path": "folder/../../x"}, "'..'"),
        ("read_file", {"path": "x", "line": 3}, "line"),
        ("write_file", {"path": "elsewhere", "content": "x"}, "outside what this session may write"),
        ("write_file", {"path": "out", "content": "x"}, "cannot be written"),
        ("list_files", {"path": "nothing"}, "no directory"),
        ("search_files", {"pattern": "("}, "no regular expression"),
        ("search_files", {"pattern": "(a|aa)+$", "path": "folder"}, "simplify"),
        ("report_progress", {"metadata": {}}, "metadata"),
        ("report_progress", {"metadata": {"x": "y" * 17_000}}, "16384"),
        ("create_presentation", {"path": "out/x.ppt", "title": "t", "slides": [SLIDE]}, ".pptx"),
        ("create_presentation", {"path": "out/x.pptx", "title": "t", "slides": []}, "slides"),
    ],
)
def test_mistakes_are_told_in_words_and_change_nothing(
    context: ToolContext, name: str, arguments: dict[str, Any], words: str
) -> None:
    put(context, "folder/file", b"a" * 40 + b"!")
    put(context, "binary", b"\xff\xfe")
    put(context, "large", b"x" * 2_000_001)
    put(context, "out/there", b"")
    result = use(context, name, **arguments)
    assert result.is_error
    assert words in result.content
    assert stored(context, "elsewhere") is None
    assert stored(context, "out/x.pptx") is None


def test_an_edit_keeps_what_somebody_else_has_changed_meanwhile(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(context, "a.txt", b"one here")
    real = tools_files.read_text

    def slow(*of: Any) -> Text:
        text = real(*of)
        put(context, "a.txt", b"one here, and theirs")
        return text

    monkeypatch.setattr(tools_files, "read_text", slow)
    result = use(context, "edit_file", path="a.txt", old_text="one", new_text="two")
    assert result.is_error
    assert "read it again" in result.content
    assert stored(context, "a.txt") == b"one here, and theirs"


def test_files_are_listed_and_searched_below_a_directory(context: ToolContext) -> None:
    for path, data in {"d/a.md": b"alpha\nbeta", "d/e/b.txt": b"beta", "c.md": b"beta", "d/bin": b"\xffbeta"}.items():
        put(context, path, data)
    assert said(context, "list_files").split("\n") == [
        "c.md (4 bytes)",
        "d/a.md (10 bytes)",
        "d/bin (5 bytes)",
        "d/e/b.txt (4 bytes)",
    ]
    assert use(context, "list_files", path="d", pattern="*.md").content == "d/a.md (10 bytes)"
    assert use(context, "list_files", pattern="*.none").content == "There are no such files."
    assert use(context, "search_files", pattern="^b.ta$", path="d").content == "d/a.md:2: beta\nd/e/b.txt:1: beta"
    assert use(context, "search_files", pattern="gamma").content == "Nothing matches."


def test_long_answers_are_cut_with_a_note(context: ToolContext) -> None:
    put(context, "long", b"x\n" * 40_000)
    assert said(context, "read_file", path="long").endswith("[cut here; read on with first_line=1, offset=50000]")
    assert said(context, "search_files", pattern="x").endswith("[the first 200 matches; narrow the search]")


@pytest.mark.parametrize("name", ["out/a\u202eb.txt", "out/\x9b31m.txt", "out/\ufeff.txt"], ids=ascii)
def test_names_that_are_no_longer_made_are_shown_escaped_and_found_by_what_they_are(
    context: ToolContext, name: str
) -> None:
    assert "U+" in use(context, "write_file", path=name, content="x").content
    deck = use(context, "create_presentation", path=f"{name}.pptx", title="t", slides=[SLIDE])
    assert deck.is_error
    assert stored(context, name) is None
    put(context, name, b"needle\n")
    shown = json.dumps(name, ensure_ascii=True)[1:-1]
    assert use(context, "list_files").content == f"{shown} (7 bytes)"
    assert use(context, "search_files", pattern="needle").content == f"{shown}:1: needle"
    assert use(context, "read_file", path=json.loads(f'"{shown}"')).content == "needle\n"


def test_a_name_of_another_encoding_never_gets_into_the_conversation(context: ToolContext) -> None:
    put(context, "out/good.txt", b"x")
    for name in ("out/caf\udce9.txt", "out/sch\udcf6n/below.txt"):
        put(context, name, b"x")
    assert use(context, "list_files").content == "out/good.txt (1 bytes)"
    assert use(context, "search_files", pattern="x").content == "out/good.txt:1: x"


def test_a_closed_directory_keeps_no_other_from_being_listed_and_searched(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("a/x", "b/x", "c/x"):
        put(context, path, b"x")
    listing = context.services.workspace.listing

    def refuse(root: str, path: str) -> Any:
        if path == "b":
            raise Refused("the server has no right to it")
        return listing(root, path)

    monkeypatch.setattr(context.services.workspace, "listing", refuse)
    assert use(context, "list_files").content == "a/x (1 bytes)\nc/x (1 bytes)"
    assert use(context, "search_files", pattern="x").content == "a/x:1: x\nc/x:1: x"
    assert "no right" in use(context, "list_files", path="b").content


def test_a_line_is_what_grep_and_sed_call_one(context: ToolContext) -> None:
    put(context, "ff.py", "one\n\x0ctwo\nthree \u2028 still three\x85\nNEEDLE\n".encode())
    put(context, "cr.log", b"10%\r50%\r100%\nNEEDLE\r\n")
    assert use(context, "search_files", pattern="NEEDLE$").content == "cr.log:2: NEEDLE\nff.py:4: NEEDLE"
    assert use(context, "read_file", path="ff.py", first_line=4, lines=1).content == "NEEDLE\n"
    assert use(context, "read_file", path="cr.log", first_line=2).content == "NEEDLE\r\n"
    assert "ends with line 2; there is no line 3" in use(context, "read_file", path="cr.log", first_line=3).content


def test_the_rest_of_a_long_line_can_be_read_on(context: ToolContext) -> None:
    put(context, "one.json", b"first\n" + "é".encode() * 120_000 + b"THE END")
    arguments, read = {"first_line": 2}, ""
    while note := re.search(
        r"\n\[cut here; read on with first_line=(\d+), offset=(\d+)\]$", part := _part(context, arguments)
    ):
        read += part[: note.start()]
        arguments = {"first_line": int(note[1]), "offset": int(note[2])}
    assert read + part == "é" * 120_000 + "THE END"
    assert "there are 120007 characters" in _part(context, {"first_line": 2, "offset": 120_007})


def _part(context: ToolContext, arguments: dict[str, int]) -> str:
    return said(context, "read_file", path="one.json", **arguments)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_an_edit_keeps_line_ends_and_encoding(context: ToolContext, encoding: str) -> None:
    put(context, "a.txt", "alpha é\r\nbeta\r\ngamma".encode(encoding))
    assert use(context, "read_file", path="a.txt", first_line=1, lines=1).content == "alpha é\r\n"
    assert use(context, "search_files", pattern="^alpha").content == "a.txt:1: alpha é"
    assert not use(context, "edit_file", path="a.txt", old_text="alpha é\nbeta", new_text="ü\nB\nC").is_error
    assert stored(context, "a.txt") == "ü\r\nB\r\nC\r\ngamma".encode(encoding)


def test_a_presentation_is_one_that_others_can_open(context: ToolContext) -> None:
    slides = [{"title": "One", "bullets": ["a", "b"], "notes": "say this"}, {"title": "Two\x0b", "bullets": ["c\x00"]}]
    result = use(context, "create_presentation", path="out/deck.pptx", title="Title", subtitle="Sub", slides=slides)
    assert not result.is_error, result.content
    deck = Presentation(io.BytesIO(stored(context, "out/deck.pptx") or b""))
    texts = [[shape.text_frame.text for shape in slide.shapes] for slide in deck.slides]
    assert texts == [["Title", "Sub"], ["One", "a\nb"], ["Two", "c"]]
    assert deck.slides[1].notes_slide.notes_text_frame.text == "say this"


def test_progress_is_merged_into_the_metadata(context: ToolContext) -> None:
    use(context, "report_progress", metadata={"status": "one", "percent": 1})
    use(context, "report_progress", metadata={"percent": 2, "status": None})
    assert sessions.get(context.services, context.session.key).metadata == {"percent": 2}
