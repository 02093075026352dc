"""`walkaway listen`: what happens is told once and in its order, whatever is killed."""

import json
import os
import random
import secrets
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.kit.clients import quick
from tests.kit.receivers import Answer, Got, receiving
from tests.kit.restarts import Restarted, restarted
from tests.kit.servers import PATIENCE, free_port
from tests.kit.terminals import HEEDING, Caller
from walkaway import webhooks
from walkaway.commands.place import Place

DONE = ("--event", "turn.completed")
UNWRITABLE = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))  # as a full disk
from walkaway.commands.main import main
main(prog_name="walkaway")
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Restarted]:
    with restarted(tmp_path / "data", WALKAWAY_REHEARSAL_DELAY="0") as made:
        yield made


@pytest.fixture
def somebody(server: Restarted, tmp_path: Path) -> Caller:
    (tmp_path / "home").mkdir()
    return Caller(tmp_path / "home", server.url, key="")


@contextmanager
def listening(caller: Caller, *more: str) -> Iterator["tuple[subprocess.Popen[str], str]"]:
    """Run it until the block ends; with what it says at its begin."""
    process = subprocess.Popen(
        [sys.executable, "-c", HEEDING, "listen", *more],
        env=caller.environ, cwd=caller.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    try:
        said = process.stderr.readline()
        assert "Ctrl-C ends it" in said, said + process.stderr.read()
        yield process, said
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def turns(url: str, count: int) -> list[str]:
    """Have so many turns, one after the other; give their ids."""
    with quick(url, key=None) as client:
        session = client.sessions.create()
        return [session.ask("Write a poem about rain.").turn.id for _ in range(count)]


def told(got: list[Got]) -> list[str]:
    return [each.json["data"]["id"] for each in got]


def test_what_happens_is_passed_on_as_webhooks_are(somebody: Caller, server: Restarted) -> None:
    with receiving() as receiver, listening(somebody, *DONE, "--forward", f"{receiver.url}/hook") as (process, said):
        ids = turns(server.url, 2)
        first, second = receiver.wait(2)
        secret = said.split("signed with ")[1].partition(";")[0]
        event = webhooks.unwrap(secret, first.headers, first.body)
        assert first.path == "/hook"
        assert (event.type, event.id, event.sequence) == ("turn.completed", first.id, first.json["sequence"])
        assert told([first, second]) == ids
        assert first.json["data"]["output_text"].startswith("What rain may be")
        assert process.stdout
        lines = [process.stdout.readline().rstrip("\n").split("\t") for _ in ids]
        assert [(line[1], line[2].partition("/")[2], line[3]) for line in lines] == [
            ("turn.completed", id_, "200") for id_ in ids
        ]
        ran = somebody("listen", *DONE, "--forward", f"{receiver.url}/hook", "--until-now")
        assert (ran.code, "Another" in ran.err) == (1, True)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    with listening(somebody, "--forward", "http://127.0.0.1:9/other") as (_, again):
        assert secret in again
    kept = [*(somebody.home / ".config/walkaway/listen").iterdir()]
    assert len(kept) > 1
    assert {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in kept if each.suffix == ".json"} == {0}


def test_it_goes_on_where_it_was(somebody: Caller, server: Restarted) -> None:
    begun = somebody("listen", *DONE, "--until-now", "--field", "data.id")
    assert (begun.code, begun.out) == (0, "")
    ids = turns(server.url, 2)
    assert somebody("listen", *DONE, "--until-now", "--field", "data.id").out.split() == ids
    assert somebody("listen", *DONE, "--until-now", "--field", "data.id").out == ""
    assert somebody("listen", *DONE, "--since", "1h", "--until-now", "--field", "data.id").out.split() == ids
    assert somebody("listen", *DONE, "--since", "0s", "--until-now", "--field", "data.id").out == ""
    said = somebody("listen", "--since", "1h", "--event", "turn.*", "--until-now", "--json").out
    assert {json.loads(line)["type"] for line in said.splitlines()} == {"turn.started", "turn.completed"}


def test_what_a_schedule_does_is_told_by_its_name(walkaway: Caller) -> None:
    watching = ("listen", "--event", "schedule.*", "--until-now")
    assert walkaway(*watching).code == 0
    with quick(walkaway.url) as client:
        name = f"digest-{secrets.token_hex(4)}"  # the server is shared
        nameless = client.schedules.create(cron="0 8 1 1 *", message="x")
        for each in (client.schedules.create(name=name, cron="0 8 1 1 *", message="x"), nameless):
            client.schedules.run(each.id)
            client.schedules.delete(each.id)
    told = [line.split("\t")[1:] for line in walkaway(*watching).out.splitlines()]
    assert [each for each in told if each[1] in {name, nameless.id}] == [
        ["schedule.fired", name], ["schedule.fired", nameless.id],
    ]  # fmt: skip


def test_a_receiver_that_is_away_or_refuses_gets_all_in_order(somebody: Caller, server: Restarted) -> None:
    port = free_port()
    with listening(somebody, *DONE, "--forward", f"http://127.0.0.1:{port}/") as (process, _):
        assert process.stderr
        ids = turns(server.url, 3)
        assert "does not take it" in process.stderr.readline()
        with receiving(port) as receiver:
            receiver.answers = [Answer(200), Answer(500), Answer(302), Answer(404)]
            got = receiver.wait(6)
        assert told(got) == [ids[0], *[ids[1]] * 4, ids[2]]
        assert len({each.id for each in got}) == 3
        turns(server.url, 1)
        assert "back" in process.stderr.readline()
        with receiving(port) as receiver:
            receiver.wait(1)


def test_a_server_that_is_killed_and_comes_back_is_followed(somebody: Caller, server: Restarted) -> None:
    with receiving() as receiver, listening(somebody, *DONE, "--forward", receiver.url) as (process, _):
        assert process.stderr
        ids = turns(server.url, 2)
        receiver.wait(2)
        server.kill()
        assert "connection lost" in process.stderr.readline()
        server.start()
        ids += turns(server.url, 2)
        assert told(receiver.wait(4)) == ids
        assert "and back" in process.stderr.readline()


def test_nothing_is_lost_where_it_is_killed_and_little_comes_twice(somebody: Caller, server: Restarted) -> None:
    """Once for each time that it was killed, at the most: between an answer and the note of it."""
    kills, chance = 6, random.Random(7)
    with receiving() as receiver:
        target = ("--forward", receiver.url, *DONE)
        assert somebody("listen", *target, "--until-now").code == 0
        ids = turns(server.url, 20)
        for number in range(kills):
            with listening(somebody, *target) as (process, _):
                receiver.wait(min(20, 3 * number + chance.randrange(1, 4)))
                os.kill(process.pid, signal.SIGKILL)
        assert somebody("listen", *target, "--until-now").code == 0
        came = told(receiver.got)
    assert list(dict.fromkeys(came)) == ids
    assert len(came) <= len(ids) + kills
    assert len({each.id for each in receiver.got}) == len(ids)


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--forward", "ftp://x/"), 2, "http://"),
        (("--forward", "http://a\u202e.example/"), 2, "cannot be sent"),
        (("--since", "soon"), 2, "no duration"),
        (("--since", "31d"), 2, "what happens is kept for 30 days; say 30d"),
        (("--event", "turn.compelted"), 2, "no event 'turn.compelted'. Did you mean 'turn.completed'"),
        (("--event", "turn.*", "--event", "trun.*"), 2, "Did you mean 'turn.*'?"),
        (("--url", "http://127.0.0.1:9"), 5, "No server"),
    ],
)
def test_what_cannot_be_listened_to(walkaway: Caller, more: tuple[str, ...], code: int, words: str) -> None:
    ran = walkaway("listen", *more)
    assert (ran.code, words in ran.err) == (code, True), ran.err


def test_a_place_that_cannot_be_read_is_not_overwritten(walkaway: Caller) -> None:
    assert walkaway("listen", "--until-now").code == 0
    (path,) = (walkaway.home / ".config/walkaway/listen").glob("*.json")
    for damaged in ("{", "[]", "{}", '{"cursor": "elsewhere", "seen": []}'):
        path.write_text(damaged)
        ran = walkaway("listen", "--until-now")
        assert (ran.code, "--since" in ran.err) == (1, True)
        assert path.read_text() == damaged


def test_each_tenant_and_each_choice_of_events_has_its_own_place(tmp_path: Path) -> None:
    """Two keys of one server, without profiles; then a profile that is one of another address."""
    keys = {"alpha-key": "alpha", "beta-key": "beta"}
    with restarted(tmp_path / "keyed", WALKAWAY_KEYS=",".join(f"{key}={name}" for key, name in keys.items())) as server:
        (tmp_path / "home").mkdir()
        one, other = (Caller(tmp_path / "home", server.url, key=key) for key in keys)
        ids = ("--until-now", "--field", "data.session_id")
        chosen = ("listen", "--event", "session.*", *ids)
        for each in (one, other):
            first = each(*chosen)
            assert (first.code, first.out, "from now on" in first.err) == (0, "", True), first.err
        assert one("listen", *ids).out == ""
        mine, theirs = (each("sessions", "create", "-q").out for each in (one, other))
        assert (one(*chosen).out, other(*chosen).out) == (mine, theirs)
        assert "from now on" in one("listen", "--event", "turn.*", *ids).err
        assert one("listen", *ids).out == mine
        assert (one(*chosen).out, one("listen", *ids).out) == ("", "")
        nobody = one.having(WALKAWAY_URL="", WALKAWAY_KEY="")
        for url, begins in ((server.url, False), (server.url.replace("127.0.0.1", "localhost"), True)):
            assert nobody("login", "--url", url, "--key-stdin", stdin=b"alpha-key").code == 0
            assert ("from now on" in nobody("listen", *ids).err) is begins


def test_all_that_begin_at_once_have_one_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    made, both = secrets.token_bytes, threading.Barrier(2)

    def slow(size: int) -> bytes:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)  # for the other one, which is here as well, or waits for this one
        return made(size)

    monkeypatch.setattr(secrets, "token_bytes", slow)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda told: Place("http://x", "alpha", told).secret, ("a", "b"))
    assert one == other


def test_what_was_sent_is_noted_before_it_is_printed(walkaway: Caller) -> None:
    with receiving() as receiver:
        target = ("listen", "--event", "session.created", "--forward", receiver.url, "--until-now")
        assert walkaway(*target).code == 0
        walkaway("sessions", "create")
        with Path("/dev/full").open("w") as full:  # which takes nothing that is printed
            command = [sys.executable, "-m", "walkaway", *target]
            assert subprocess.run(command, env=walkaway.environ, stdout=full, check=False).returncode
        assert len(receiver.wait(1)) == 1
        assert walkaway(*target).code == 0
        assert len(receiver.got) == 1


def test_what_could_not_be_printed_is_printed_the_next_time(walkaway: Caller) -> None:
    target = ("listen", "--event", "session.created", "--until-now", "--field", "data.session_id")
    assert walkaway(*target).code == 0
    id_ = walkaway("sessions", "create", "-q").out
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "walkaway", *target]
        assert subprocess.run(command, env=walkaway.environ, stdout=full, check=False).returncode == 1
    assert walkaway(*target).out == id_
    assert walkaway(*target).out == ""


def test_nothing_is_sent_where_it_could_not_be_noted(walkaway: Caller) -> None:
    with receiving() as receiver:
        target = ("listen", "--event", "session.created", "--forward", receiver.url, "--until-now")
        assert walkaway(*target).code == 0
        walkaway("sessions", "create")
        limited = [sys.executable, "-c", UNWRITABLE, *target]
        ran = subprocess.run(limited, env=walkaway.environ, capture_output=True, text=True, check=False)
        assert (ran.returncode, "cannot be written" in ran.stderr) == (1, True), ran.stderr
        assert receiver.got == []
        assert walkaway(*target).code == 0
        assert len(receiver.wait(1)) == 1
