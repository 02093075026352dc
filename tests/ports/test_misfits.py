"""What is wrong with a stored value is said in the words of JSON."""

from typing import Any

import pytest

from walkaway_core.ports.items import Item
from walkaway_core.ports.misfits import Misfit, sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "`state` is missing"),
        (True, "`state` is true"),
        ([None], "`state` is [null]"),
        ("x" * 99, f'`state` is "{"x" * 59}'),
    ],
)
def test_a_value_is_shown_as_json_has_it(value: Any, text: str) -> None:
    assert str(Misfit.of("state", value)) == text


def test_a_fact_of_another_kind_is_named() -> None:
    with pytest.raises(Misfit, match="`state` is 7"):
        Item("p", "s", {"state": 7}).text("state")
    with pytest.raises(Misfit, match="`number` is missing"):
        Item("p", "s", {}).number("number")


@pytest.mark.parametrize(
    "error", [TypeError("'int' object is not iterable"), AttributeError("no"), ValueError("codec")]
)
def test_what_python_says_is_not_told(error: Exception) -> None:
    assert sentence(error) == "a value in it is not of the kind that it must be"
    assert sentence(KeyError("state")) == "`state` is missing"
