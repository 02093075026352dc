"""Files with ids, whatever goes wrong: whole or not there, and in the end no bytes, and nobody who looks, too many."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import WRITE_FAULTS, Crashed
from walkaway_core.doors.sweep import sweep
from walkaway_core.errors import FileNotFound, Unavailable
from walkaway_core.ports.items import Present, Refused, Unknown
from walkaway_core.store import identified
from walkaway_core.store.identified import SOON
from walkaway_core.store.kept import OUTPUT, Kept, Told, root
from walkaway_core.store.pending import UNMADE, begin
from walkaway_core.store.repetitions import Repetition
from walkaway_core.store.transaction import Transaction

PLAIN, SHORT = Told("a.txt", "text/plain", "user_data"), Told("b.txt", "text/plain", "vision", 4 * 60 * 60)
LIES = [(number, fault) for number in (1, 2, 3) for fault in WRITE_FAULTS]


def listed(engine: Engine) -> list[Kept]:
    return identified.listing(engine.services, "t", limit=100, newest_first=False)[0]


def bytes_of(engine: Engine) -> set[str]:
    entries = engine.services.workspace.listing(root("t"), "") or ()
    return {entry.name for entry in entries}


def survives(engine: Engine, number: int, fault: str, act: Callable[[], object]) -> None:
    """Do something, with something going wrong at one of its writes; then let others look after it."""
    engine.table.at(number, fault)
    with suppress(Unknown, Crashed, FileNotFound):
        act()
    engine.table.disarm()
    engine.table.dead = False


def later(engine: Engine, seconds: float) -> None:
    engine.clock.sleep(seconds)
    sweep(engine.services)


@pytest.mark.parametrize("told", [PLAIN, SHORT], ids=["plain", "short"])
@pytest.mark.parametrize(("number", "fault"), LIES)
def test_a_file_that_is_made_is_whole_or_not_there(engine: Engine, told: Told, number: int, fault: str) -> None:
    survives(engine, number, fault, lambda: identified.create(engine.services, "t", told, [b"abc", b"def"]))
    for kept in listed(engine):
        assert b"".join(identified.read(engine.services, kept)) == b"abcdef"
    later(engine, UNMADE + 1)
    there = listed(engine)
    assert len(there) <= 1
    assert bytes_of(engine) == {kept.key for kept in there}
    assert engine.due() == (["file"] if there and told.seconds else [])
    later(engine, 4 * 60 * 60)
    if told.seconds:
        assert (listed(engine), bytes_of(engine), engine.due()) == ([], set(), [])


@pytest.mark.parametrize("told", [PLAIN, SHORT], ids=["plain", "short"])
@pytest.mark.parametrize(("number", "fault"), LIES)
def test_a_file_that_is_deleted_is_there_or_gone_with_its_bytes(
    engine: Engine, told: Told, number: int, fault: str
) -> None:
    kept = identified.create(engine.services, "t", told, [b"abc"])
    survives(engine, number, fault, lambda: identified.delete(engine.services, kept))
    for there in listed(engine):
        assert b"".join(identified.read(engine.services, there)) == b"abc"
    later(engine, SOON + 1)
    assert bytes_of(engine) == {there.key for there in listed(engine)}
    assert engine.due() == (["file"] if listed(engine) and told.seconds else [])


@pytest.mark.parametrize(("number", "fault"), LIES)
def test_a_file_that_expires_goes_with_its_bytes(engine: Engine, number: int, fault: str) -> None:
    identified.create(engine.services, "t", SHORT, [b"abc"])
    engine.clock.sleep(4 * 60 * 60 + 1)
    survives(engine, number, fault, lambda: sweep(engine.services))
    assert listed(engine) == []
    later(engine, 1)
    assert (bytes_of(engine), engine.due()) == (set(), [])


def test_what_breaks_off_leaves_nothing(engine: Engine) -> None:
    def broken() -> Iterator[bytes]:
        yield b"abc"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        identified.create(engine.services, "t", PLAIN, broken())
    assert (listed(engine), bytes_of(engine), engine.due()) == ([], set(), [])


def test_bytes_that_were_written_though_that_failed_are_removed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = engine.services.workspace
    write = workspace.write

    def unheard(*given: Any) -> None:
        write(*given)
        raise Unknown("the answer was lost")

    monkeypatch.setattr(workspace, "write", unheard)
    with pytest.raises(Unknown, match="lost"):
        identified.create(engine.services, "t", PLAIN, [b"abc"])
    assert (listed(engine), bytes_of(engine), engine.due()) == ([], set(), [])


def test_what_takes_longer_than_anybody_waits_is_refused_and_leaves_nothing(engine: Engine) -> None:
    def slow() -> Iterator[bytes]:
        yield b"abc"
        later(engine, UNMADE + 1)
        yield b"def"

    with pytest.raises(Unavailable, match="took too long"):
        identified.create(engine.services, "t", PLAIN, slow())
    assert (listed(engine), bytes_of(engine), engine.due()) == ([], set(), [])


def test_a_key_that_is_taken_leaves_nothing(engine: Engine) -> None:
    services = engine.services
    sent = Repetition.sent(services, "t", "key", "file", {}, 0)
    kept = identified.create(services, "t", PLAIN, [b"abc"], sent)
    with pytest.raises(Exception, match="refused at"):
        identified.create(services, "t", PLAIN, [b"abc"], sent)
    assert [each.key for each in listed(engine)] == [kept.key]
    assert (bytes_of(engine), engine.due()) == ({kept.key}, [])


def test_a_file_is_deleted_once(engine: Engine) -> None:
    kept = identified.create(engine.services, "t", PLAIN, [b"abc"])
    identified.delete(engine.services, kept)
    with pytest.raises(FileNotFound):
        identified.delete(engine.services, kept)
    with pytest.raises(FileNotFound):
        identified.read(engine.services, kept)


PART = Told("out.txt", "text/plain", OUTPUT, scope="sess_1")


def parts(engine: Engine, *, newest_first: bool = True) -> list[str]:
    there, _ = identified.listing(engine.services, "t", limit=100, scope="sess_1", newest_first=newest_first)
    return [each.key for each in there]


def test_files_of_a_session_are_listed_by_it(engine: Engine) -> None:
    services = engine.services
    identified.create(services, "t", PLAIN, [b"abc"])
    made = [identified.create(services, "t", PART, [b"%d" % number]) for number in range(3)]
    identified.create(services, "t", replace(PART, scope="sess_2"), [b"other"])
    assert parts(engine) == [each.key for each in reversed(made)]
    assert parts(engine, newest_first=False) == [each.key for each in made]
    assert len(listed(engine)) == 5
    page, more = identified.listing(services, "t", limit=1, newest_first=True, scope="sess_1", after=made[2].key)
    assert ([each.key for each in page], more) == ([made[1].key], True)
    assert identified.some(services, "t", [made[1].key, "0" * 24, made[0].key, made[1].key]) == [made[1], made[0]]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("fault", WRITE_FAULTS)
def test_a_part_of_a_session_goes_from_both_lists(engine: Engine, number: int, fault: str) -> None:
    kept = identified.create(engine.services, "t", PART, [b"abc"])
    survives(engine, number, fault, lambda: identified.delete(engine.services, kept))
    later(engine, SOON + 1)
    assert parts(engine) == [each.key for each in listed(engine)]
    assert bytes_of(engine) == set(parts(engine))


def test_a_part_that_expires_goes_from_both_lists(engine: Engine) -> None:
    identified.create(engine.services, "t", replace(PART, seconds=60), [b"abc"])
    later(engine, 61)
    assert (parts(engine), listed(engine), bytes_of(engine), engine.due()) == ([], [], set(), [])


def test_what_a_session_was_given_goes_with_it_and_what_it_made_stays(engine: Engine) -> None:
    made = identified.create(engine.services, "t", PART, [b"abc"])
    identified.create(engine.services, "t", replace(PART, purpose="user_data"), [b"abc"])
    assert len(list(identified.let_go(engine.services, "t", "sess_1"))) == 1
    assert (parts(engine), bytes_of(engine), engine.due()) == ([made.key], {made.key}, [])


@pytest.mark.parametrize("late", [False, True])
def test_a_record_comes_with_the_transaction_of_who_made_the_bytes(engine: Engine, *, late: bool) -> None:
    pending = begin(engine.services, "t", PART, [b"abc"])
    assert (listed(engine), engine.due()) == ([], ["file"])
    refused = Transaction(engine.table)
    pending.keep(refused)
    refused.check(("T#t", "nothing"), Present())
    with pytest.raises(Refused):
        refused.commit()
    if late:
        later(engine, UNMADE + 1)
    tx = Transaction(engine.table)
    kept = pending.keep(tx)
    with suppress(Refused):
        tx.commit()
    assert listed(engine) == ([] if late else [kept])
    assert (bytes_of(engine), engine.due()) == (set(parts(engine)), [])


def test_bytes_whose_record_never_comes_go(engine: Engine) -> None:
    begin(engine.services, "t", PART, [b"abc"])
    later(engine, UNMADE + 1)
    assert (bytes_of(engine), engine.due()) == (set(), [])
