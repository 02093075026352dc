"""Settings from the environment: read, and refused by name."""

import pytest

from walkaway_core.programs import ENGINE, HTTP
from walkaway_core.settings import DEFAULT_MODEL, SettingError, Settings, variables


class TestSettings:
    def test_nothing_set_is_the_offline_model_for_everyone(self) -> None:
        assert Settings.read({"PATH": "/bin", "WALKAWAY_KEYS": " "}) == Settings()

    def test_a_key_makes_the_real_model_the_default(self) -> None:
        assert Settings.read({"ANTHROPIC_API_KEY": "k"}).model == DEFAULT_MODEL
        assert Settings.read({"ANTHROPIC_API_KEY": "k", "WALKAWAY_MODEL": "rehearsal"}).model == "rehearsal"

    def test_keys_are_read_in_pairs(self) -> None:
        assert Settings.read({"WALKAWAY_KEYS": "a=one, b=two,"}).keys == {"a": "one", "b": "two"}

    def test_origins_are_read_as_browsers_say_them(self) -> None:
        given = (
            "https://App.example.com, http://localhost:3000,tauri://localhost,http://[::1]:1,chrome-extension://abc_d"
        )
        read = ("https://app.example.com", *(part.strip() for part in given.split(",")[1:]))
        assert Settings.read({"WALKAWAY_ALLOW_ORIGIN": given}).allow_origin == read
        assert Settings.read({"WALKAWAY_ALLOW_ORIGIN": "*"}).allow_origin == ("*",)

    @pytest.mark.parametrize(
        "origin",
        [
            "example.com",
            "https://a/",
            "https://a/b",
            "https://a:443",
            "http://a:80",
            "null",
            "https://*.a",
            "**",
            "a b",
        ],
    )
    def test_what_browsers_never_say_is_no_origin(self, origin: str) -> None:
        with pytest.raises(SettingError, match=r"WALKAWAY_ALLOW_ORIGIN must be origins"):
            Settings.read({"WALKAWAY_ALLOW_ORIGIN": f"https://b,{origin}"})

    @pytest.mark.parametrize("space", [" ", "\n", "\r\n", "\t"])
    def test_white_space_around_a_value_is_none_of_it(self, space: str) -> None:
        given = {
            "ANTHROPIC_API_KEY": "k",
            "ANTHROPIC_BASE_URL": "http://x",
            "WALKAWAY_TURN_TIMEOUT": "60",
            "WALKAWAY_SANDBOX_NETWORK": "yes",
        }
        assert Settings.read({name: f"{space}{value}{space}" for name, value in given.items()}) == Settings.read(given)

    @pytest.mark.parametrize("program", ["serve", *HTTP, *ENGINE])
    def test_a_line_break_inside_is_refused_in_every_program(self, program: str) -> None:
        for name in variables(program):
            with pytest.raises(SettingError, match=rf"{name}\b.*line break inside"):
                Settings.read({name: "1\n2"}, program)

    @pytest.mark.parametrize(
        "address",
        ["http://[::1]:8080", "https://user:word@host/path", "HTTP://b\u00fccher.example", "http://my_models:1"],
    )
    def test_an_address_is_taken_as_it_is(self, address: str) -> None:
        assert Settings.read({"ANTHROPIC_BASE_URL": address}).base_url == address

    def test_a_key_is_not_repeated_in_what_is_wrong_with_it(self) -> None:
        with pytest.raises(SettingError) as refused:
            Settings.read({"ANTHROPIC_API_KEY": "sk-secret\nsk-other"})
        assert "sk-" not in str(refused.value)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("WALKAWAY_KEYS", "justakey"),
            ("WALKAWAY_KEYS", "k=ten ant"),
            ("WALKAWAY_KEYS", "k=a#b"),
            ("WALKAWAY_KEYS", "=tenant"),
            ("WALKAWAY_KEYS", "k=../up"),
            ("WALKAWAY_REHEARSAL_DELAY", "soon"),
            ("WALKAWAY_REHEARSAL_DELAY", "-1"),
            ("WALKAWAY_TURN_TIMEOUT", "nan"),
            ("WALKAWAY_TURN_TIMEOUT", "0"),
            ("WALKAWAY_TURN_TIMEOUT", "0.5"),
            ("WALKAWAY_KEYS", "k=one,k=two"),
            ("WALKAWAY_PROVIDERS", "bedrock,openai"),
            ("WALKAWAY_MODEL_ALIASES", "fast"),
            ("WALKAWAY_SANDBOX_PACKAGES", "pandas"),
            ("WALKAWAY_SANDBOX_PACKAGES", "pip:"),
            ("WALKAWAY_SANDBOX_PACKAGES", "brew:jq"),
            ("WALKAWAY_MODEL_ALIASES", "=claude-opus-5"),
            ("WALKAWAY_MODEL_ALIASES", "fast="),
            ("WALKAWAY_MODEL_ALIASES", "*=claude-opus-5"),
            ("WALKAWAY_MODEL_ALIASES", "g*t=claude-opus-5"),
            ("WALKAWAY_MODEL_ALIASES", "gpt-*=claude-*"),
            ("WALKAWAY_MODEL_ALIASES", "fast=claude-opus-5,fast=claude-haiku-4-5"),
            ("WALKAWAY_MODEL_ALIASES", "fast=faster,faster=claude-opus-5"),
            ("WALKAWAY_KEYS", "ke\ny=tenant"),
            ("ANTHROPIC_API_KEY", "sk-one\nsk-two"),
            ("ANTHROPIC_API_KEY", "sk-one\r\n\r\nsk-two"),
            ("WALKAWAY_MODEL", "some\nmodel"),
            ("ANTHROPIC_BASE_URL", "127.0.0.1:11434"),
            ("ANTHROPIC_BASE_URL", "localhost"),
            ("ANTHROPIC_BASE_URL", "http://"),
            ("ANTHROPIC_BASE_URL", "http://a\nb"),
            ("ANTHROPIC_BASE_URL", "http://:8080"),
            ("ANTHROPIC_BASE_URL", "http://[::1"),
            ("ANTHROPIC_BASE_URL", "http://127.0.0.1:99999"),
            ("ANTHROPIC_BASE_URL", "http://127.0.0.1:port"),
            ("ANTHROPIC_BASE_URL", "http://127.0.0.1:0"),
            ("ANTHROPIC_BASE_URL", "http://127.0.0.256"),
            ("ANTHROPIC_BASE_URL", "http://[v1.x]:8080"),
            ("ANTHROPIC_BASE_URL", "http://-models-:8080"),
            ("ANTHROPIC_BASE_URL", f"http://{'a' * 64}.example"),
            ("ANTHROPIC_BASE_URL", "htp://127.0.0.1"),
            ("ANTHROPIC_BASE_URL", "https:/api.example"),
            ("ANTHROPIC_BASE_URL", "http://a b"),
            ("ANTHROPIC_BASE_URL", "http://a/?key=1"),
            ("ANTHROPIC_API_KEY", "\ufeffsk-from-a-file"),
            ("ANTHROPIC_API_KEY", "sk-tw\u00f6"),
            ("ANTHROPIC_API_KEY", "sk one"),
            ("WALKAWAY_KEYS", "a=one,\nb=two"),
            ("WALKAWAY_PROVIDERS", "anthropic,\r\nbedrock"),
        ],
    )
    def test_a_wrong_value_is_refused_by_name(self, name: str, value: str) -> None:
        with pytest.raises(SettingError, match=name):
            Settings.read({name: value})
