"""Where address and key come from, and what can be wrong with them."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from walkaway import Walkaway, errors, profiles


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("WALKAWAY_URL", "WALKAWAY_KEY", "WALKAWAY_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("walkaway.profiles.sys.platform", "linux")
    folder = tmp_path / "walkaway"
    folder.mkdir()
    return folder


@pytest.fixture
def stored(bare: Path) -> Path:
    (bare / "config.toml").write_text(
        'active = "work"\n[profiles.work]\nurl = "https://work.test"\n[profiles.home]\nurl = "http://home.test:1/"\n'
    )
    (bare / "keys.toml").write_text('work = "work-key"\n')
    return bare


def found(url: str | None = None, key: str | None = None, profile: str | None = None) -> tuple[str, str, str, str]:
    made = profiles.options(url, key, profile, {})
    return made.url, made.key.reveal(), made.url_source, made.key_source


def test_without_a_word_it_is_this_machine() -> None:
    assert found() == ("http://127.0.0.1:8005", "", "the default", "")


def test_an_argument_goes_before_the_environment_and_that_before_a_profile(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found() == ("https://work.test", "work-key", "the profile 'work'", "the profile 'work'")
    assert found(profile="home") == ("http://home.test:1", "", "the profile 'home'", "")
    monkeypatch.setenv("WALKAWAY_PROFILE", "home")
    assert found()[0] == "http://home.test:1"
    monkeypatch.setenv("WALKAWAY_URL", " https://here.test/v1 ")
    monkeypatch.setenv("WALKAWAY_KEY", "env-key\n")
    assert found() == ("https://here.test", "env-key", "WALKAWAY_URL", "WALKAWAY_KEY")
    assert found("http://said.test", "said") == ("http://said.test", "said", "url=", "key=")


def test_the_key_of_a_profile_is_for_its_own_server_alone(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("https://work.test/prod", "HTTPS://WORK.TEST"):
        assert found(url)[1] == "work-key"
    for url in ("http://work.test", "https://work.test:8443", "https://work.test.evil.test", "http://127.0.0.1:8005"):
        assert found(url)[1::2] == ("", "")
        monkeypatch.setenv("WALKAWAY_URL", url)
        assert found()[1::2] == ("", "")
        monkeypatch.delenv("WALKAWAY_URL")
    with pytest.raises(errors.SettingInvalid):
        found("http://[")
    assert found("http://other.test", "said")[1] == "said"


@pytest.mark.parametrize("dies_at", ["config.toml", "keys.toml"])
def test_a_key_goes_to_no_other_server_though_a_change_is_half_done(
    bare: Path, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    profiles.keep("work", "https://old.test", "old-key")
    profiles.keep("other", "https://other.test", "other-key")
    whole = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == dies_at:
            raise KeyboardInterrupt
        return whole(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            profiles.keep("work", "https://new.test", "new-key")
    assert (
        found(profile="work")[:2]
        == {
            "config.toml": ("https://old.test", "old-key"),
            "keys.toml": ("https://new.test", ""),
        }[dies_at]
    )
    profiles.keep("work", "https://new.test", "new-key")
    assert found(profile="work")[:2] == ("https://new.test", "new-key")
    assert found(profile="other")[1] == "other-key"


def test_keys_without_an_address_stay_as_they_are(stored: Path) -> None:
    profiles.keep("new", "http://new.test", "new-key")
    profiles.activate("work")
    assert [found(profile=name)[1] for name in ("work", "new")] == ["work-key", "new-key"]
    profiles.forget("new")
    assert (stored / "keys.toml").read_text() == '"work" = "work-key"\n'


def test_what_a_killed_process_left_goes_with_the_next_change(stored: Path) -> None:
    end = "import os, pathlib; pathlib.Path.replace = lambda *_: os._exit(9)"
    program = f"{end}; from walkaway import profiles; profiles.activate('home')"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    assert len(list(stored.iterdir())) == 4, "the files, the lock, and what was not finished"
    profiles.activate("home")
    assert {path.name for path in stored.iterdir()} == {"config.toml", "keys.toml", "config.lock"}


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALKAWAY_URL", "")
    monkeypatch.setenv("WALKAWAY_KEY", " ")
    assert found() == ("http://127.0.0.1:8005", "", "the default", "")


def test_a_profile_that_is_named_must_be_there(stored: Path) -> None:
    with pytest.raises(errors.SettingInvalid, match=r"no profile 'moon' in .*config\.toml"):
        Walkaway(profile="moon")


DAMAGED = {
    "half": b"work = ",
    "no UTF-8": b'work = "\xe9"\n',
    "no table": b"profiles = 1\n",
    "no profile": b"[profiles]\nwork = 1\n",
    "deep": b"x = " + b"[" * 5000,
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_file_that_cannot_be_read_is_named(stored: Path, text: bytes) -> None:
    (stored / "config.toml").write_bytes(text)
    for call in (Walkaway, profiles.listing, lambda: profiles.keep("new", "http://new.test", "")):
        with pytest.raises(errors.SettingInvalid, match=r"config\.toml cannot be read: "):
            call()
    assert (stored / "config.toml").read_bytes() == text


def test_who_says_all_needs_no_file(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stored / "config.toml").write_bytes(b"[")
    assert found("http://said.test", "said") == ("http://said.test", "said", "url=", "key=")
    for url, key, profile in (("http://said.test", None, None), ("http://said.test", "said", "work")):
        with pytest.raises(errors.SettingInvalid, match=r"config\.toml cannot be read: "):
            found(url, key, profile)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_keys_that_cannot_be_read_are_not_lost(stored: Path, make: Callable[[Path], None]) -> None:
    (stored / "keys.toml").rename(stored / "aside")
    make(stored / "keys.toml")
    before = (stored / "config.toml").read_bytes()
    for call in (Walkaway, lambda: profiles.keep("new", "http://new.test", "new-key"), lambda: profiles.forget("work")):
        with pytest.raises(errors.SettingInvalid, match=r"keys\.toml cannot be read: it is no file"):
            call()
    assert (stored / "config.toml").read_bytes() == before


def test_changes_at_once_are_all_kept(stored: Path) -> None:
    names = [f"p{number}" for number in range(12)]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: profiles.keep(name, f"http://{name}.test", f"{name}-key"), names))
    assert {each["name"] for each in profiles.listing()} == {"work", "home", *names}
    assert [found(profile=name)[1] for name in ("work", *names)] == ["work-key", *(f"{name}-key" for name in names)]


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8005",
        "ftp://walkaway.test",
        "http://",
        "http://a b",
        "http://x:99999",
        "http://[::1",
        "http://x:0",
        "/v1",
    ],
)
def test_an_address_that_is_none_is_said_with_its_source(url: str) -> None:
    with pytest.raises(errors.SettingInvalid, match=r"from url=, is no address of a server\. Give one like"):
        Walkaway(url=url)


@pytest.mark.parametrize("url", ["http://me:secret@walkaway.test", "http://x.test/?a=1", "http://x.test/#a"])
def test_an_address_holds_no_password_and_no_query(url: str) -> None:
    with pytest.raises(errors.SettingInvalid, match="a query, a fragment or a password") as caught:
        Walkaway(url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["one\ntwo", "one two", "schlüssel", "a\x00b"])
def test_a_key_with_a_line_break_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(errors.SettingInvalid, match="The key from key= has a line break, a space") as caught:
        Walkaway(key=key)
    assert key not in str(caught.value)


def test_a_header_with_a_line_break_is_refused() -> None:
    with pytest.raises(errors.SettingInvalid, match="The header X-Team has a line break"):
        Walkaway(headers={"X-Team": "a\r\nb"})


def test_a_key_is_in_no_repr() -> None:
    client = Walkaway(key="top-secret")
    shown = [repr(client), repr(client._transport.options), repr(vars(client)), str(profiles.Secret("top-secret"))]
    assert "top-secret" not in "".join(shown)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("http://[::1]:1", True),
        ("http://walkaway.test", False),
    ],
)
def test_no_proxy_stands_before_this_machine(url: str, here: bool) -> None:
    assert profiles.is_here(url) is here
