"""What every command takes, and what it prints for whom."""

import json
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import click
import pytest
from click.testing import CliRunner

from tests.kit.bad_proxy import bad_proxy
from tests.kit.servers import Running
from tests.kit.terminals import Caller
from walkaway.commands import options
from walkaway.commands.app import App, pass_app
from walkaway.commands.main import main
from walkaway.commands.output import _value
from walkaway.commands.times import Duration, between, money, point, read, size, spell, used
from walkaway_wire import VERSION


def own() -> list[tuple[str, click.Command]]:
    """Every command, with its words."""
    context = click.Context(main, info_name="walkaway")
    left = [(f"walkaway {name}", main.get_command(context, name)) for name in main.list_commands(context)]
    found: list[tuple[str, click.Command]] = []
    while left:
        words, command = left.pop()
        assert command
        if isinstance(command, click.Group):
            left += [(f"{words} {name}", each) for name, each in command.commands.items()]
        else:
            found.append((words, command))
    return sorted(found)


OURS = own()


@pytest.mark.parametrize("words", [words for words, _ in OURS])
def test_every_help_ends_with_two_examples_of_it(words: str) -> None:
    command = dict(OURS)[words]
    assert isinstance(command, options.Command)
    assert len(command.examples) == 2
    assert all(words in example for example in command.examples)
    told = CliRunner().invoke(main, [*words.split()[1:], "--help"])
    assert told.exit_code == 0
    assert told.output.rstrip().endswith(command.examples[-1])
    assert CliRunner().invoke(main, [*words.split()[1:], "-h"]).output == told.output


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--url", "http://x", "--profile", "p", "probe"),
        ("probe", "--json", "--url", "http://x", "--profile", "p"),
        ("--url", "http://y", "probe", "--url", "http://x", "--json", "--profile", "p"),
    ],
)
def test_they_stand_before_the_command_or_behind_it(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    @options.command()
    @pass_app
    def probe(app: App) -> None:
        seen.append(app.said)

    monkeypatch.setattr(type(main), "get_command", lambda *_: probe)
    assert CliRunner().invoke(main, words).exit_code == 0
    assert (seen[0].json, seen[0].url, seen[0].profile, seen[0].quiet) == (True, "http://x", "p", False)


def test_a_list_is_lines_with_tabs_in_a_pipe_and_a_table_on_a_terminal(walkaway: Caller) -> None:
    mark = uuid4().hex[:8]  # the server is shared
    title = f"{mark} of\tPorto \x1b[31m, and what else there is to say of them in a line that is long"
    walkaway("sessions", "create")
    walkaway("sessions", "rename", "@", title)
    first = walkaway("sessions", "list", "--limit", "1").out.rstrip("\n").split("\t")
    assert first[0].startswith("sess_")
    assert first[1:3] == ["new", " ".join(title.split()).replace("\x1b", "␛")]
    assert len(first) == 6
    for columns in (40, 100):
        with walkaway.terminal("sessions", "list", "--limit", "3", columns=columns) as seen:
            assert seen.end() == 0
        rows = seen.text.splitlines()
        assert rows[0].split()[:3] == ["SESSION", "STATE", "TITLE"]
        assert len([row for row in rows if f"{mark} of" in row]) == 1
        assert ("COST" in rows[0]) == (columns == 100)
        assert first[0][-8:] in seen.text


def test_a_pipe_has_no_colours_and_a_terminal_has_those_that_are_wanted(walkaway: Caller) -> None:
    walkaway("sessions", "create")
    piped = walkaway("sessions", "show", "@"), walkaway("tail", "nobody's"), walkaway("sessions", "list")
    assert not any("\x1b" in ran.out + ran.err for ran in piped)
    for more, coloured in (((), True), (("--color", "never"), False)):
        with walkaway.terminal("sessions", "show", "@", *more) as seen:
            assert seen.end() == 0
        assert (b"\x1b[2m" in seen.raw) is coloured
    with walkaway.terminal("sessions", "show", "@", NO_COLOR="1") as seen:
        assert seen.end() == 0
    assert b"\x1b" not in seen.raw
    assert "\x1b[31m" in walkaway("tail", "nobody's", "--color", "always").err


def test_json_fields_and_ids(walkaway: Caller, server: Running) -> None:
    id_ = walkaway("sessions", "create", "-q").out.strip()
    with server.client() as client:
        raw = client.get(f"/v1/sessions/{id_}").json()
    assert json.loads(walkaway("sessions", "show", id_, "--json").out) == raw
    assert json.loads(walkaway("sessions", "list", "--limit", "1", "--json").out) == [raw]
    assert walkaway("sessions", "list", "--limit", "1", "-q").out == f"{id_}\n"
    assert walkaway("sessions", "list", "--limit", "1", "--field", "file_access.read.0").out == "\n"
    assert walkaway("sessions", "list", "--field", "0.id").out == f"{id_}\n"
    assert walkaway("sessions", "list", "--search", "nothing has this", "--json").out == "[]\n"
    assert walkaway("sessions", "list", "--search", "nothing has this").out == ""
    missing = walkaway("sessions", "show", id_, "--field", "nonsense")
    assert missing.code == 2
    assert "There is: id, title" in missing.err


def test_times_have_one_form_whatever_lists_them(walkaway: Caller) -> None:
    walkaway("runs", "submit", "Say hello")
    walkaway("keys", "create", "alice")
    run, key = walkaway("runs", "list", "--limit", "1").out, walkaway("keys", "list").out
    assert all(re.search(r"\t\d{4}-\d\d-\d\d \d\d:\d\d\t", said) for said in (run, key))
    run, key = walkaway("runs", "list", "--limit", "1", "--utc").out, walkaway("keys", "list", "--utc").out
    assert all(re.search(r"\t\d{4}-\d\d-\d\d \d\d:\d\dZ\t", said) for said in (run, key))
    assert read("2026-12-24T08:00:00+01:00", utc=True) == read("2026-12-24T07:00:00", utc=True) == "2026-12-24 07:00Z"
    assert (read(None, utc=True), read("soon", utc=True)) == ("", "soon")


@pytest.mark.parametrize(
    "words",
    [
        ("agents", "create", "made"),
        ("sessions", "create"),
        ("schedules", "create", "x", "--every", "1d"),
        ("webhooks", "create", "https://example.com/"),
    ],
)
def test_what_is_made_is_made_once_however_often_it_is_sent(walkaway: Caller, words: tuple[str, ...]) -> None:
    with bad_proxy(walkaway.url, []) as proxy:
        ran = walkaway(*words, "-q", "--url", proxy.url)
    assert ran.code == 0, ran.err
    assert [len(key) >= 32 for key in proxy.keys] == [True]
    assert walkaway(words[0], "delete", ran.out.strip(), "--yes").code == 0


def test_values_are_found_by_their_path() -> None:
    raw = {"a": [{"b": 1}, {"b": None}], "": 2}
    assert (_value(raw, "a.0.b"), _value(raw, "a.1.b"), _value(raw, "a.1")) == (1, None, {"b": None})
    for path in ("b", "a.2", "a.b", "a.0.b.c", "a.²", "a.٣", "a.-1", f"a.{'9' * 5000}"):
        with pytest.raises(click.UsageError):
            _value(raw, path)


def test_nobody_is_asked_where_nobody_can_answer(walkaway: Caller) -> None:
    id_ = walkaway("sessions", "create", "-q").out.strip()
    assert walkaway("sessions", "delete", id_).code == 2
    with walkaway.terminal("sessions", "delete", id_, "--no-input") as seen:
        assert seen.end() == 2
    with walkaway.terminal("sessions", "delete", id_) as seen:
        seen.until("[y/N]")
        seen.type("n\r")
        assert seen.end() == 1
    assert walkaway("sessions", "delete", "@", "--yes").code == 0
    assert walkaway("sessions", "show", id_).code == 7
    assert walkaway("sessions", "show", "@").code == 7


@pytest.mark.parametrize(
    ("said", "seconds"), [("90", 90), ("90s", 90), ("0.5", 0.5), ("15m", 900), ("1h30m", 5400), ("2d", 172_800)]
)
def test_durations(said: str, seconds: float) -> None:
    assert Duration().convert(said, None, None) == seconds


def test_what_is_no_duration() -> None:
    for said in ("", "soon", "1x", "-1", "m", "٣", "nan", "inf", "36601d", "9" * 400, f"{'9' * 400}d"):
        with pytest.raises(click.BadParameter):
            Duration().convert(said, None, None)


@pytest.mark.parametrize(
    "words",
    [
        *(("run", "x", "--budget", amount) for amount in ("nan", "inf", "0", "-1", "1e999", "much", "")),
        *(("sessions", "list", "--limit", limit) for limit in ("0", "-1", "²", "1e3", "9" * 5000)),
        *(("sessions", "create", "--ttl", ttl) for ttl in ("99999999d", "9" * 400, "²", "nan", "-1")),
        ("schedules", "create", "x", "--at", "9" * 30),
        ("schedules", "create", "x", "--at", "9" * 5000),
        ("tail", "@", "--from", "²"),
        ("tail", "@", "--from", "٣"),
        ("tail", "@", "--from", "9" * 5000),
        ("turns", "events", "@", "--from", "-1"),
        ("profiles", "--field", "²"),
        ("runs", "list", "--limit", "0"),
        ("schedules", "preview", "--every", "1h", "--count", "0"),
    ],
)
def test_a_number_that_is_none_is_said_with_its_option(words: tuple[str, ...]) -> None:
    environ = {"WALKAWAY_URL": "http://127.0.0.1:9", "HOME": "/nowhere", "XDG_CONFIG_HOME": "/nowhere"}
    told = CliRunner().invoke(main, words, env=environ)
    option = next(word for word in words if word.startswith("--") and word != "--every")
    if words[0] == "profiles":
        assert told.exit_code == 0
    else:
        assert (told.exit_code, option in told.output) == (2, True), told.output


@pytest.mark.parametrize("name", ["@²", "@" + "9" * 5000, "a@" + "9" * 5000])
def test_a_number_in_a_name_that_is_none_is_no_number(walkaway: Caller, name: str) -> None:
    for command in ("sessions", "agents"):
        ran = walkaway(command, "show", name)
        assert ran.code in {1, 5, 7}, ran.err
        assert "This makes no sense" not in ran.err


def test_amounts_as_people_write_them() -> None:
    assert [spell(each) for each in (0.21, 42, 108, 7_300, 200_000)] == [
        "0.2 s",
        "42 s",
        "1 m 48 s",
        "2 h 1 m",
        "2 d 7 h",
    ]
    assert [size(each) for each in (0, 999, 1_240, 123_456, 5e9)] == ["0 B", "999 B", "1.2 KB", "123 KB", "5.0 GB"]
    assert [money(each) for each in (None, 0, 0.0004, 1.5)] == ["", "$0.00", "$0.0004", "$1.50"]


ODD = {"text": "x", "NaN": float("nan"), "infinite": float("inf"), "huge": 10**400, "list": [1], "true": True}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_number_that_makes_no_sense_is_a_question_mark(odd: object) -> None:
    assert {point(odd, utc=True), point(odd, utc=False), size(odd), money(odd)} == {"?"}
    assert used({"input_tokens": odd, "output_tokens": 2}) == 2
    assert between(odd, 1.0) == between(1.0, odd) == ""
    assert point(9e15, utc=False) == point(-9e18, utc=True) == "?"


def test_nothing_of_it_is_imported_with_the_client(tmp_path: Path) -> None:
    script = "import sys, walkaway; walkaway.Walkaway; print(*sorted(sys.modules))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"click", "rich"} & set(said)
    assert not [name for name in said if name.startswith("walkaway.commands")]


def test_a_list_imports_neither_records_nor_what_reads_logs(walkaway: Caller) -> None:
    said = walkaway.having(PYTHONPROFILEIMPORTTIME="1")
    script = [sys.executable, "-m", "walkaway"]
    listed = subprocess.run([*script, "sessions", "list"], env=said.environ, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in listed.stderr.splitlines()}
    assert "walkaway._sync.transport" in loaded
    assert not {"pydantic", "rich", "yaml", "walkaway.tools", "walkaway.events", "walkaway._sync.client"} & loaded
    told = subprocess.run([*script, "--version"], env=said.environ, capture_output=True, text=True, check=True)
    assert "click" not in {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert told.stdout == walkaway("--version", "--no-input").out == f"walkaway, version {VERSION}\n"
