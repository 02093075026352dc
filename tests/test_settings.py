"""Settings from the environment: read, and refused by name."""

import pytest

from walkaway_core.settings import DEFAULT_MODEL, SettingError, Settings


class TestSettings:
    def test_nothing_set_is_the_offline_model_for_everyone(self) -> None:
        assert Settings.read({"PATH": "/bin", "WALKAWAY_KEYS": " "}) == Settings()

    def test_a_key_makes_the_real_model_the_default(self) -> None:
        assert Settings.read({"ANTHROPIC_API_KEY": "k"}).model == DEFAULT_MODEL
        assert Settings.read({"ANTHROPIC_API_KEY": "k", "WALKAWAY_MODEL": "rehearsal"}).model == "rehearsal"

    def test_keys_are_read_in_pairs(self) -> None:
        assert Settings.read({"WALKAWAY_KEYS": "a=one, b=two,"}).keys == {"a": "one", "b": "two"}

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
            ("WALKAWAY_PROVIDERS", "bedrock,openai"),
        ],
    )
    def test_a_wrong_value_is_refused_by_name(self, name: str, value: str) -> None:
        with pytest.raises(SettingError, match=name):
            Settings.read({name: value})
