"""`walkaway files sync`: sends what differs, and nothing else."""

import json
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from tests.kit.clients import quick
from tests.kit.rights import like_everybody
from tests.kit.terminals import Caller
from walkaway import paths
from walkaway.commands import syncing
from walkaway.errors import FileRefused


@pytest.fixture
def there(asked: Caller) -> Caller:
    """Somebody with a session and a folder of their own."""
    asked("sessions", "create")
    (asked.home / "texts/deep").mkdir(parents=True)
    (asked.home / "texts/a.txt").write_text("a")
    (asked.home / "texts/deep/ü.txt").write_text("bb")
    return asked


def done(caller: Caller, *more: str) -> list[tuple[str, str]]:
    ran = caller("files", "sync", "texts", "in", *more, "--json")
    assert ran.code == 0, ran.err
    return [(each["action"], each["path"]) for each in map(json.loads, ran.out.splitlines())]


def test_what_differs_is_sent(there: Caller) -> None:
    both = [("send", "in/a.txt"), ("send", "in/deep/ü.txt")]
    assert done(there, "--dry-run") == both
    assert there("files", "tree", "-q").out == ""
    assert done(there) == both
    assert done(there) == []
    (there.home / "texts/a.txt").write_text("b")  # as long as before, and other
    os.utime(there.home / "texts/deep/ü.txt", (1, 1))  # younger or older, and the same
    assert done(there) == both[:1]
    assert there("files", "cat", "in/a.txt").out == "b"
    ran = there("files", "sync", "texts", "in")
    assert (ran.out, "2 the same" in ran.err) == ("", True)


def test_what_is_gone_is_deleted_if_that_is_said(there: Caller) -> None:
    done(there)
    there("files", "put", "texts/a.txt", "in/old")
    there("files", "put", "texts/a.txt", "inside")
    (there.home / "texts/a.txt").unlink()
    (there.home / "texts/a.txt").mkdir()
    (there.home / "texts/a.txt/c").write_text("c")
    (there.home / "texts/deep/ü.txt").unlink()
    (there.home / "texts/deep").rmdir()
    (there.home / "texts/deep").write_text("no folder")
    assert there("files", "sync", "texts", "in", "--delete").code == 2
    plan = [
        ("delete", "in/a.txt"), ("delete", "in/deep/ü.txt"), ("send", "in/a.txt/c"), ("send", "in/deep"),
        ("delete", "in/old"),
    ]  # fmt: skip
    assert done(there, "--delete", "--dry-run") == plan
    assert there("files", "sync", "texts", "in").code == 1
    assert done(there, "--delete", "--yes") == plan
    assert there("files", "tree", "-q").out.split() == ["in/a.txt/c", "in/deep", "inside"]
    assert done(there, "--delete") == []


@pytest.mark.parametrize("path", ["in//deep", "./in/deep", "/in/deep/.", "in/./deep//"])
def test_a_path_may_be_written_in_many_ways(there: Caller, path: str) -> None:
    """What has been sent is not taken for what is gone."""
    there("files", "put", "texts/a.txt", "in/deep/old")
    for more in ((), ("--delete", "--yes")):
        assert there("files", "sync", "texts", path, *more).code == 0
    assert there("files", "tree", path, "-q").out.split() == ["in/deep/a.txt", "in/deep/deep/ü.txt"]
    assert there("files", "get", path, "here").code == 0
    assert (there.home / "here/deep/ü.txt").read_text() == "bb"
    assert there("files", "put", "texts/deep", path, "-q").out.split() == ["in/deep/ü.txt"]
    ran = there("files", "sync", "texts", "in/../other", "--delete", "--yes")
    assert (ran.code, "is no path of the workspace" in ran.err) == (1, True)


def test_what_cannot_be_sent_is_said_before_anything_is(there: Caller, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (there.home / "texts/z").symlink_to(tmp_path / "secret")
    ran = there("files", "sync", "texts", "in")
    assert (ran.code, "leads out of" in ran.err) == (1, True)
    (there.home / "texts/z").unlink()
    os.close(os.open(os.fsencode(there.home) + b"/texts/caf\xe9", os.O_CREAT))
    ran = there("files", "sync", "texts", "in")
    assert (ran.code, "'in/caf\\udce9': the path is not valid UTF-8" in ran.err) == (1, True)
    (there.home / os.fsdecode(b"texts/caf\xe9")).unlink()
    for name in ("two\nlines", "gpj.\u202etxt"):
        (there.home / "texts" / name).write_text("x")
    for words in (("sync", "texts", "in"), ("put", "texts", "in")):
        ran = there("files", *words)
        assert (ran.code, ran.out) == (1, "")
        assert r"'in/two\nlines': contains a control character" in ran.err
        assert r"'in/gpj.\u202etxt': contains U+202E" in ran.err
    for name in ("two\nlines", "gpj.\u202etxt"):
        (there.home / "texts" / name).unlink()
    with (there.home / "texts/large").open("wb") as large:
        large.truncate(100_000_001)
    ran = there("files", "sync", "texts", "in")
    assert (ran.code, "more than 100000000 bytes" in ran.err) == (1, True)
    assert there("files", "sync", "nothing", "in").code == 2
    assert there("files", "tree", "-q").out == ""


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(there: Caller) -> None:
    done(there)
    (there.home / "texts/deep").chmod(0)
    try:
        with quick(there.url) as client, like_everybody():
            files = client.session(there("sessions", "show", "-q").out.strip()).files
            with pytest.raises(FileRefused, match="texts/deep cannot be read: Permission denied"):
                syncing.planned(files, there.home / "texts", "in", delete=True)
            with pytest.raises(FileRefused, match="texts/deep cannot be read"):
                files.upload_folder(there.home / "texts", "other")
    finally:
        (there.home / "texts/deep").chmod(0o700)
    assert there("files", "tree", "-q").out.split() == ["in/a.txt", "in/deep/ü.txt"]


def test_what_a_killed_download_has_left_is_not_sent(there: Caller) -> None:
    (there.home / "texts" / paths.part()).write_text("half")
    (there.home / "texts/.my.part").write_text("mine")
    assert [path for _, path in done(there)] == ["in/.my.part", "in/a.txt", "in/deep/ü.txt"]


def test_files_are_sent_piece_by_piece(there: Caller, tmp_path: Path) -> None:
    with (tmp_path / "large.bin").open("wb") as large:
        large.truncate(20_000_000)
    with quick(there.url) as client:
        files = client.session(there("sessions", "show", "-q").out.strip()).files
        files.upload(b"x", "first.bin")
        tracemalloc.start()
        try:
            assert syncing._sent(files, tmp_path / "large.bin", "in/large.bin") == 20_000_000
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("link", [".", "self"])
def test_a_folder_that_links_to_itself_is_refused(there: Caller, link: str) -> None:
    (there.home / "texts/self").symlink_to(link)
    ran = there("files", "sync", "texts", "in")
    assert (ran.code, ran.out) == (1, "")
    assert "texts/self is " in ran.err
    assert there("files", "tree", "-q").out == ""


def test_a_file_that_somebody_writes_is_never_sent_in_parts(there: Caller) -> None:
    """It is empty, or its lines are equal, whenever nobody writes it."""
    path, over = there.home / "texts/a.txt", threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            path.write_bytes((b"9" * (1 + number % 7) + b"\n") * 200_000)  # by one call: nobody stops in the middle

    writer = threading.Thread(target=write)
    writer.start()
    try:
        ran = there("files", "sync", "texts", "in")
    finally:
        over.set()
        writer.join()
    if ran.code:
        assert "changes while it is read" in ran.err
    else:
        lines = there("files", "cat", "in/a.txt").out.split("\n")
        assert (len(set(lines[:-1])), len(lines)) in {(0, 1), (1, 200_001)}
    assert ("send", "in/deep/ü.txt") in done(there) or not ran.code


def test_an_interrupted_one_goes_on(there: Caller) -> None:
    for number in range(200):
        (there.home / f"texts/{number:03}").write_text(str(number))
    command = [sys.executable, "-m", "walkaway", "files", "sync", "texts", "in", "-q"]
    process = subprocess.Popen(command, env=there.environ, cwd=there.home, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    first = [process.stdout.readline().strip() for _ in range(3)]
    process.send_signal(signal.SIGKILL)
    first += process.stdout.read().split()
    process.stdout.close()
    process.wait()
    rest = [path for _, path in done(there)]
    assert len(first) < 202
    assert not set(first) & set(rest)
    assert len(first) + len(rest) in {201, 202}  # one may have arrived of which nothing was printed
    assert done(there) == []


def test_a_person_sees_how_far_it_is(there: Caller) -> None:
    with there.terminal("files", "sync", "texts", "in") as seen:
        assert seen.end() == 0
    assert "send    in/a.txt  1 B" in seen.text
    assert "2 files sent (3 B), 0 deleted, 0 the same" in seen.text
    assert "of 2 ·" in seen.raw.decode()
    assert "of 2 ·" not in seen.text
