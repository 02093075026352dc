"""Metadata is a small map of texts, and an update of it a patch."""

from collections.abc import Mapping

import pytest

from walkaway_core.dialects.managed import metadata
from walkaway_core.dialects.managed.problems import Refusal


def test_a_patch_changes_what_it_names() -> None:
    old = {"a": "1", "b": "2"}
    assert metadata.patched(old, {"b": None, "c": "3"}) == {"a": "1", "c": "3"}
    assert metadata.patched(old, None) == old == metadata.patched(old, {})
    assert metadata.patched(old, {"a": ""}) == {"a": "", "b": "2"}
    assert metadata.patched(old, {"a": ""}, empties=True) == {"b": "2"}


@pytest.mark.parametrize(
    "given",
    [{str(n): "" for n in range(17)}, {"": "x"}, {"k" * 65: "x"}, {"k": "x" * 513}, {"k": "\ud800"}, {"\ud800": "k"}],
)
def test_what_is_too_much_is_refused(given: Mapping[str, str]) -> None:
    with pytest.raises(Refusal, match=r"^metadata") as refused:
        metadata.checked(given)
    assert refused.value.told == "invalid_metadata"


def test_as_much_as_there_may_be_is_kept() -> None:
    most = {"k" * 63 + f"{n:x}": "x" * 512 for n in range(16)}
    assert metadata.checked(most) == most
