"""`walkaway login`, `logout`, `profiles` and `status`."""

import dataclasses
import json
import stat

from tests.kit.terminals import Caller


def test_a_login_is_kept_and_used_and_forgotten(walkaway: Caller) -> None:
    nobody = dataclasses.replace(walkaway, url="", key="")
    came = nobody("login", "work", "--url", walkaway.url, "--key-stdin", stdin=b"alpha-key\n")
    assert came.code == 0, came.err
    assert "tenant alpha" in came.err
    keys = walkaway.home / ".config/walkaway/keys.toml"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    told = nobody("status").out
    assert f"server\t{walkaway.url}, from the profile 'work'\n" in told
    assert "tenant\talpha\n" in told
    assert "alpha-key" not in told
    assert json.loads(nobody("status", "--json").out)["tenant"] == "alpha"
    assert nobody("login", "other", "--url", walkaway.url, "--key-stdin", stdin=b"beta-key\n").code == 0
    assert nobody("status", "--field", "tenant").out == "beta\n"
    assert nobody("status", "--field", "tenant", "--profile", "work").out == "alpha\n"
    assert nobody("profiles", "work").code == 0
    assert nobody("profiles").out == f"work\tin use\t{walkaway.url}\nother\t\t{walkaway.url}\n"
    assert nobody("logout").code == 0
    assert nobody("profiles", "--field", "name").out == "other\n"
    assert "alpha-key" not in keys.read_text()
    assert nobody("profiles", "work").code == 2


def test_a_login_that_does_not_work_is_not_kept(walkaway: Caller) -> None:
    nobody = dataclasses.replace(walkaway, url="", key="")
    assert nobody("login", "--url", walkaway.url, "--key-stdin", stdin=b"wrong\n").code == 6
    assert nobody("login", "--url", walkaway.url).code == 2
    assert nobody("login", "a b", "--url", walkaway.url, "--key-stdin", stdin=b"alpha-key\n").code == 2
    assert nobody("profiles", "--json").out == "[]\n"


def test_on_a_terminal_it_asks_and_shows_no_key(walkaway: Caller) -> None:
    nobody = dataclasses.replace(walkaway, url="", key="")
    with nobody.terminal("login", "--url", walkaway.url) as seen:
        seen.until("Key")
        seen.type("alpha-key\r")
        assert seen.end() == 0
    assert "alpha-key" not in seen.text
    assert nobody("status", "--field", "tenant").out == "alpha\n"


def test_what_is_said_here_wins_and_status_says_so(walkaway: Caller) -> None:
    told = walkaway("status", "--url", walkaway.url).out
    assert f"{walkaway.url}, from --url\n" in told
    assert "from WALKAWAY_KEY\n" in told
