"""`walkaway doctor` and `walkaway open`: what is wrong is found, and what mends it is said."""

import json
import socket

import pytest

from tests.kit.sites import Site
from tests.kit.terminals import Caller
from walkaway import profiles
from walkaway_wire import VERSION


def test_where_nothing_is_wrong(walkaway: Caller) -> None:
    ran = walkaway("doctor")
    assert ran.code == 0, ran.out
    assert f"✔ server: it works, version {VERSION}, as the tenant alpha\n" in ran.out
    assert "✔ key: from WALKAWAY_KEY\n" in ran.out
    said = json.loads(walkaway("doctor", "--json").out)
    assert [each["check"] for each in said] == ["program", "folder", "address", "key", "server", "model"]
    assert all(each["ok"] for each in said)


@pytest.mark.parametrize(
    ("environ", "code", "found", "fix"),
    [
        ({"WALKAWAY_KEY": "wrong"}, 6, "server", "walkaway login"),
        ({"WALKAWAY_URL": "ftp://x"}, 2, "profile", "walkaway login"),
        ({"WALKAWAY_PROFILE": "nobody"}, 2, "profile", "walkaway profiles"),
        ({"WALKAWAY_KEY": " "}, 6, "variable", "unset WALKAWAY_KEY"),
        ({"WALKAWAY_URI": "http://x"}, 0, "variable", "WALKAWAY_URL"),
    ],
)
def test_what_is_wrong_and_what_mends_it(
    walkaway: Caller, environ: dict[str, str], code: int, found: str, fix: str
) -> None:
    ran = walkaway.having(**environ)("doctor", "--json")
    assert ran.code == code, ran.out
    assert [each for each in json.loads(ran.out) if each["check"] == found and fix in each["fix"]], ran.out


def test_no_server_and_what_is_none(walkaway: Caller, site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    ran = walkaway("doctor", "--url", url)
    assert ran.code == 5
    assert "`walkaway serve`" in ran.out
    assert walkaway("open", "--url", url).code == 5
    assert "not as Walkaway does" in walkaway("doctor", "--url", site.url).out
    for path in ("/health", "/api/v1/runs/run_1"):
        site.html(path, "<form>Log in</form>")
    for words in (("open",), ("runs", "delete", "run_1", "--yes")):
        ran = walkaway(*words, "--url", site.url)
        assert (ran.code, "not as Walkaway does" in ran.err, ran.out) == (5, True, ""), ran


def test_keys_that_others_may_read(walkaway: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(walkaway.home / ".config"))
    profiles.keep("work", walkaway.url, "alpha-key")
    keys = profiles.folder() / "keys.toml"
    assert walkaway("doctor", WALKAWAY_URL="", WALKAWAY_KEY="").code == 0
    keys.chmod(0o644)
    ran = walkaway("doctor", WALKAWAY_URL="", WALKAWAY_KEY="")
    assert ran.code == 1
    assert f"chmod 600 {keys}" in ran.out
    sent = walkaway("doctor", WALKAWAY_KEY="").out
    assert "the address is not of the profile 'work', and its key is sent there\n  unset WALKAWAY_URL\n" in sent


def test_on_a_terminal_marks_are_coloured_and_nothing_steers_it(walkaway: Caller) -> None:
    with walkaway.terminal("doctor", WALKAWAY_PROFILE="a\x1b[2J") as seen:
        assert seen.end() == 2
    assert "✘ profile: " in seen.text
    assert b"\x1b[31m" in seen.raw
    assert b"\x1b[2J" not in seen.raw


def test_a_browser_is_shown_the_first_page_or_its_address_is_printed(walkaway: Caller) -> None:
    (walkaway.home / "browser").write_text(f'#!/bin/sh\necho "$1" >{walkaway.home}/seen\n')
    (walkaway.home / "browser").chmod(0o755)
    assert walkaway("open", DISPLAY="", WAYLAND_DISPLAY="", BROWSER="").out == f"{walkaway.url}/\n"
    shown = walkaway.having(BROWSER=f"{walkaway.home}/browser", PATH=f"{walkaway.home}:/usr/bin:/bin")
    (walkaway.home / "xdg-open").write_text((walkaway.home / "browser").read_text())
    (walkaway.home / "xdg-open").chmod(0o755)
    ran = shown("open")
    assert (ran.code, ran.out) == (0, "")
    while not (walkaway.home / "seen").exists():
        pass
    assert (walkaway.home / "seen").read_text() == f"{walkaway.url}/\n"
    assert shown("open", "-q").out == f"{walkaway.url}/\n"
