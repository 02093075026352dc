"""Data folders of other versions, and those that are no data folder any more: opened, or refused with a sentence."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit.clock import HeldClock, ShiftedClock
from tests.kit.servers import running
from tests.upgrades.opened import until
from walkaway_core.ports.items import Item, Put
from walkaway_core.settings import Settings
from walkaway_core.store.format import FORMAT
from walkaway_local.table import SqliteTable
from walkaway_local.trouble import CannotOpen

EARLY = Path(__file__).parents[1] / "upgrades" / "early"
OPENED, REFUSED = ("6e38945", "242397b"), ("88d4491", "6f286e2")


def number(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        number: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return number


def numbered(database: Path, other: int) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {other}")


def completed(web: httpx.Client, turn: str) -> bool:
    return bool(web.get(turn).json()["status"] == "completed")


def serve(data: Path, *arguments: str, limit: Callable[[], None] | None = None) -> str:
    """Start a server that cannot start; give what it says."""
    command = [sys.executable, "-m", "walkaway", *(arguments or ("serve", "--port", "0")), "--data", str(data)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}  # it would write
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, preexec_fn=limit, check=False, env=environ
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("commit", OPENED)
def test_what_was_made_since_webhooks_is_opened_and_goes_on(commit: str, tmp_path: Path) -> None:
    data = shutil.copytree(EARLY / commit / "data", tmp_path / "data")
    made: dict[str, Any] = json.loads((EARLY / commit / "made.json").read_text())
    clock = ShiftedClock()
    clock.ahead = made["at"] - clock.now()
    with running(data, Settings(), clock) as server, server.client(None) as web:
        done, busy = (f"/v1/sessions/{made[name]}" for name in ("done", "busy"))
        assert web.get(f"{done}/files/a.txt").content == b"old"
        assert len(web.get(f"{done}/messages").json()) == made["messages"]
        assert web.get(f"{done}/responses/{made['over']}").json()["status"] == "completed"
        assert {session["id"] for session in web.get("/v1/sessions").json()} == {made["done"], made["busy"]}
        for turn in (made["running"], made["queued"]):
            until(partial(completed, web, f"{busy}/responses/{turn}"))
    assert number(data / "walkaway.db") == FORMAT


@pytest.mark.parametrize("commit", REFUSED)
@pytest.mark.parametrize("command", [(), ("keys", "list"), ("keys", "create", "alice")])
def test_what_is_older_is_refused_and_left_as_it_is(commit: str, command: tuple[str, ...], tmp_path: Path) -> None:
    data = shutil.copytree(EARLY / commit / "data", tmp_path / "data")
    with closing(sqlite3.connect(data / "walkaway.db")) as connection:
        before = list(connection.iterdump())
    told = serve(data, *command)
    assert "from before webhooks" in told
    assert "another data folder" in told
    with closing(sqlite3.connect(data / "walkaway.db")) as connection:
        assert list(connection.iterdump()) == before
    assert number(data / "walkaway.db") == 0


def test_what_is_newer_is_refused(tmp_path: Path) -> None:
    SqliteTable(tmp_path / "walkaway.db", HeldClock()).close()
    assert number(tmp_path / "walkaway.db") == FORMAT
    numbered(tmp_path / "walkaway.db", FORMAT + 1)
    told = serve(tmp_path)
    assert f"newer version of Walkaway, in format {FORMAT + 1}; this version reads formats up to {FORMAT}" in told
    assert number(tmp_path / "walkaway.db") == FORMAT + 1


def test_data_of_the_release_without_a_number_gets_one(tmp_path: Path) -> None:
    table = SqliteTable(tmp_path / "walkaway.db", HeldClock())
    table.write(Put(Item("T#a", "SESSION#s", {"told": 0})), Put(Item("T#a", "AGENT#a")))
    table.close()
    numbered(tmp_path / "walkaway.db", 0)
    SqliteTable(tmp_path / "walkaway.db", HeldClock()).close()
    assert number(tmp_path / "walkaway.db") == FORMAT


def test_a_database_that_another_program_has_made_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "walkaway.db")) as connection:
        connection.execute("CREATE TABLE items (id, text)")
    with pytest.raises(CannotOpen):
        SqliteTable(tmp_path / "walkaway.db", HeldClock())


def damage(data: Path, at: int) -> None:
    """Overwrite the pages of a database from the one at this number on."""
    with (data / "walkaway.db").open("r+b") as file:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(at * 4096)
        file.write(os.urandom(size - at * 4096))


@pytest.mark.parametrize("page", [0, 1])
def test_a_damaged_database_is_said_to_be_one(page: int, tmp_path: Path) -> None:
    data = shutil.copytree(EARLY / "6e38945" / "data", tmp_path / "data")
    SqliteTable(data / "walkaway.db", HeldClock()).close()
    damage(data, page)
    told = serve(data)
    assert f"{data}/walkaway.db is damaged" in told
    assert "put back a backup" in told


def test_a_directory_in_the_databases_place_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "walkaway.db").mkdir()
    assert "is a directory, where a file of the server should be" in serve(tmp_path)
    assert "is a directory, where a file of the server should be" in serve(tmp_path, "keys", "list")


def test_a_file_in_the_data_folders_place_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    assert "is a file" in serve(tmp_path / "data" / "below")


def test_too_few_files_are_said_to_be_too_few(tmp_path: Path) -> None:
    told = serve(tmp_path, limit=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
    assert "Only 16 files may be open at once here (ulimit -n)" in told


@pytest.mark.parametrize("command", [(), ("keys", "create", "alice")])
def test_no_room_at_the_start_is_said_in_a_sentence(command: tuple[str, ...], tmp_path: Path) -> None:
    told = serve(tmp_path, *command, limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    assert "disk" in told


@pytest.mark.parametrize("command", [(), ("keys", "create", "alice")])
def test_a_file_system_that_is_read_only_is_said_to_be_one(command: tuple[str, ...], tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    SqliteTable(data / "walkaway.db", HeldClock()).close()
    mount = ["mount", "--bind", "-o", "ro", str(data), str(data)]
    if subprocess.call(mount, stderr=subprocess.DEVNULL):
        pytest.skip("nothing can be mounted here, which needs root")
    try:
        assert "read-only" in serve(data, *command).lower()
    finally:
        subprocess.check_call(["umount", "-l", data])


ALTERATIONS = {
    "no table": "DROP TABLE items",
    "a column less": "ALTER TABLE items DROP COLUMN body",
    "a column by another name": "ALTER TABLE items RENAME COLUMN facts TO fact",
    "a column that must be filled": "ALTER TABLE items RENAME TO old; CREATE TABLE items (pk TEXT, sk TEXT, facts TEXT,"
    " body BLOB, expires INTEGER, more TEXT NOT NULL, PRIMARY KEY (pk, sk))",
    "no key": "DROP TABLE items; CREATE TABLE items (pk TEXT, sk TEXT, facts TEXT, body BLOB, expires INTEGER)",
}


@pytest.mark.parametrize("altered", ALTERATIONS)
def test_a_table_that_somebody_has_altered_is_a_sentence(tmp_path: Path, altered: str) -> None:
    SqliteTable(tmp_path / "walkaway.db", HeldClock()).close()
    with closing(sqlite3.connect(tmp_path / "walkaway.db")) as connection:
        connection.executescript(ALTERATIONS[altered])
    with pytest.raises(CannotOpen, match=r"altered it\. Put back a backup"):
        SqliteTable(tmp_path / "walkaway.db", HeldClock())
    assert "altered it" in serve(tmp_path)


def test_a_column_that_somebody_has_added_does_no_harm(tmp_path: Path) -> None:
    SqliteTable(tmp_path / "walkaway.db", HeldClock()).close()
    with closing(sqlite3.connect(tmp_path / "walkaway.db")) as connection:
        connection.execute("ALTER TABLE items ADD COLUMN note TEXT")
    table = SqliteTable(tmp_path / "walkaway.db", HeldClock())
    table.write(Put(Item("a", "b", {"c": 1})))
    table.close()
    table = SqliteTable(tmp_path / "walkaway.db", HeldClock())
    assert table.get(("a", "b"))[0] == Item("a", "b", {"c": 1})
    table.close()
