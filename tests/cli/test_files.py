"""`walkaway files`: the workspace, up and down."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.terminals import Caller


@pytest.fixture
def there(asked: Caller) -> Caller:
    """Somebody with a session, a file and a folder of their own."""
    asked("sessions", "create")
    (asked.home / "notes.md").write_bytes(b"caf\xe9 \x1b[2J\n")
    (asked.home / "texts/deep").mkdir(parents=True)
    (asked.home / "texts/a.txt").write_text("a")
    (asked.home / "texts/deep/b.txt").write_text("bb")
    return asked


def test_files_go_up_and_come_down_as_they_are(there: Caller) -> None:
    assert there("files", "put", "notes.md").out == "notes.md\n"
    assert there("files", "put", "texts", "in").out == "in/a.txt\nin/deep/b.txt\n"
    assert [line.split("\t")[:2] for line in there("files", "ls").out.splitlines()] == [
        ["in/", ""],
        ["notes.md", "10 B"],
    ]
    assert there("files", "tree", "-q").out.split() == ["in/a.txt", "in/deep/b.txt", "notes.md"]
    assert [each["size"] for each in json.loads(there("files", "tree", "in", "--json").out)] == [1, 2]
    (there.home / "here").mkdir()
    assert there("files", "get", "notes.md", "here").out == "here/notes.md\n"
    assert (there.home / "here/notes.md").read_bytes() == b"caf\xe9 \x1b[2J\n"
    assert there("files", "get", "in", "back").out.split() == ["back/a.txt", "back/deep/b.txt"]
    assert there("files", "rm", "notes.md").code == 2
    ran = there("files", "rm", "notes.md", "in/a.txt", "--yes")
    assert (ran.code, ran.out, ran.err) == (0, "", "notes.md is deleted\nin/a.txt is deleted\n")
    assert there("files", "tree", "-q").out == "in/deep/b.txt\n"


def test_without_a_session_all_is_listed_and_one_is_made_for_what_is_sent(there: Caller) -> None:
    there("files", "put", "texts", "in")
    other = there.having(XDG_CONFIG_HOME=str(there.home / "elsewhere"))
    assert other("sessions", "show").code == 7
    assert other("files", "ls", "-q").out == "in\n"
    assert other("files", "ls", "in", "-q").out == "in/a.txt\nin/deep\n"
    assert other("files", "tree", "-q").out == "in/a.txt\nin/deep/b.txt\n"
    assert other("files", "put", "nothing.md").code == 2
    assert other("sessions", "show").code == 7
    sent = other("files", "put", "notes.md")
    session = other("sessions", "show", "-q").out.strip()
    assert (sent.out, sent.err) == ("notes.md\n", f"The session {session} is made for it\n")


def test_a_folder_goes_with_all_that_is_in_it_if_that_is_said(there: Caller) -> None:
    there("files", "put", "texts", "in")
    there("files", "put", "notes.md")
    ran = there("files", "rm", "in", "--yes")
    assert (ran.code, ran.err) == (1, "Error: in is a folder; --recursive deletes all that is in it\n")
    ran = there("files", "rm", "in", "notes.md", "--recursive")
    assert (ran.code, "Delete in, notes.md: 3 files?" in ran.err) == (2, True)
    assert there("files", "rm", "in", "notes.md", "--recursive", "--yes", "-q").out.split() == [
        "in/a.txt", "in/deep/b.txt", "notes.md",
    ]  # fmt: skip
    assert there("files", "tree", "-q").out == ""


def test_a_file_does_not_go_through_a_link(there: Caller, tmp_path: Path) -> None:
    there("files", "put", "texts/a.txt")
    (there.home / "a.txt").symlink_to(tmp_path / "elsewhere")
    ran = there("files", "get", "a.txt")
    assert (ran.code, ran.out) == (1, "")
    assert f"a.txt would be written outside ., to {tmp_path / 'elsewhere'}" in ran.err
    assert not (tmp_path / "elsewhere").exists()


def test_a_terminal_is_shown_what_would_steer_it(there: Caller) -> None:
    there("files", "put", "notes.md")
    with there.terminal("files", "cat", "notes.md") as seen:
        assert seen.end() == 0
    assert seen.text == "caf\ufffd ␛[2J"
    assert b"\x1b[2J" not in seen.raw


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("cat", "nothing.md"), 7, "nothing.md"),
        (("get", "nothing.md"), 7, "nothing.md"),
        (("put", "nothing.md"), 2, "nothing.md"),
        (("get", "notes.md", "-"), 2, "`walkaway files cat notes.md` prints one"),
        (("cat", "../x"), 1, "no path of the workspace"),
        (("ls", "--in", "nobody's"), 7, "no session"),
    ],
)
def test_what_is_not_there(there: Caller, arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = there("files", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err


def test_what_finds_no_room_leaves_nothing_half(there: Caller) -> None:
    (there.home / "large.bin").write_bytes(b"x" * 100_000)
    there("files", "put", "large.bin")
    (there.home / "full").mkdir()
    line = f"ulimit -f 20; {sys.executable} -m walkaway files get large.bin full"
    done = subprocess.run(
        ["bash", "-c", line], env=there.environ, cwd=there.home, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert [*(there.home / "full").iterdir()] == []
