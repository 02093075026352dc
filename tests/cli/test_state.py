"""What was used last, so that `@` names it."""

import json
import os
from pathlib import Path

import pytest

from walkaway.commands.state import MOST, State


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path / "walkaway/state"


def test_the_last_one_is_first_and_each_stands_once(home: Path) -> None:
    warned: list[str] = []
    state = State("work", warned.append)
    for session, turn in (("a", "1"), ("b", ""), ("a", ""), ("c", "2"), ("a", "3")):
        state.use(session, turn)
    again = State("work", warned.append)
    assert again.sessions == ["a", "c", "b"]
    assert [again.turn(each) for each in again.sessions] == ["3", "2", ""]
    assert State("other", warned.append).sessions == []
    assert warned == []
    assert [*home.glob("*.json")] == [State("work", print)._path]


def test_it_forgets_the_oldest(home: Path) -> None:
    state = State("work", print)
    for number in range(MOST + 5):
        state.use(str(number))
    assert len(State("work", print).sessions) == MOST


@pytest.mark.parametrize("text", ["", "{", "[]", '{"used": 3}', '{"used": [1]}', "\x00" * 40])
def test_a_damaged_file_is_ignored_with_a_word(home: Path, text: str) -> None:
    home.mkdir(parents=True)
    path = State("work", print)._path
    path.write_text(text)
    warned: list[str] = []
    state = State("work", warned.append)
    assert state.sessions == []
    assert len(warned) == 1
    assert path.name in warned[0]
    state.use("a")
    assert json.loads(path.read_text())["used"] == {"a": ""}


def test_when_somebody_looked_is_kept_beside(home: Path) -> None:
    state = State("work", print)
    assert state.looked == 0
    state.look(12.5)
    state.use("a")
    again = State("work", print)
    assert (again.looked, again.sessions) == (12.5, ["a"])


def test_what_cannot_be_kept_breaks_nothing(home: Path) -> None:
    home.parent.mkdir(parents=True)
    home.write_text("a file where the folder would be")
    warned: list[str] = []
    state = State("work", warned.append)
    state.use("a")
    assert state.sessions == ["a"]
    assert "not kept" in warned[-1]


def test_a_link_stays_and_what_it_leads_to_is_written(home: Path, tmp_path: Path) -> None:
    """As people have whose settings are kept elsewhere."""
    path = State("work", print)._path
    home.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere/state.json")
    warned: list[str] = []
    for session in ("a", "b"):
        State("work", warned.append).use(session)
    assert path.is_symlink()
    assert list(json.loads((tmp_path / "elsewhere/state.json").read_text())["used"]) == ["b", "a"]
    assert warned == []


def test_a_link_in_a_circle_breaks_nothing(home: Path) -> None:
    path = State("work", print)._path
    home.mkdir(parents=True)
    path.symlink_to(path)
    warned: list[str] = []
    state = State("work", warned.append)
    state.use("a")
    assert state.sessions == ["a"]
    assert any("not kept" in each for each in warned)
    assert path.is_symlink()


def test_a_name_of_a_server_is_one_of_a_file_and_of_no_other(home: Path) -> None:
    names = ["[::1]:8005/../x", "[::1]:8005_.._x", "x" * 100 + "a", "x" * 100 + "b"]
    for name in names:
        State(name, print).use(name)
    assert [State(name, print).sessions for name in names] == [[name] for name in names]
    assert {path.parent for path in home.rglob("*.json")} == {home}
    assert any(path.name.startswith("_1_8005_.._x.") for path in home.iterdir())


def test_who_uses_sessions_at_once_forgets_none_of_the_others(home: Path) -> None:
    states = [State("work", print) for _ in range(8)]
    assert [state.sessions for state in states] == [[]] * 8
    for number, state in enumerate(states):
        state.use(f"sess_{number}")
    assert State("work", print).sessions == [f"sess_{number}" for number in reversed(range(8))]


def test_what_is_no_file_is_ignored_and_held_up_by_nothing(home: Path) -> None:
    path = State("work", print)._path
    home.mkdir(parents=True)
    os.mkfifo(path)
    warned: list[str] = []
    assert State("work", warned.append).sessions == []
    assert "cannot be read" in warned[0]
    path.unlink()
    path.write_text("[" * 100_000)
    assert State("work", warned.append).sessions == []
    assert len(warned) == 2
