"""Seals: the same for the same content, opened by their own key for their own purpose alone."""

import threading

import pytest
from hypothesis import given, strategies as st

from tests.kit.engine import Engine
from walkaway_core.store import seals

KEY, OTHER = "5ea1" * 16, "5ea2" * 16
CONTENT = {"thinking": "Look first. 🌊", "signature": "EqQB"}
SEALED = (
    "wk1.JxC1UQTe3kfZeeV61jCJPInMFlD7FE1VfruZ2O3EcKRs1Hu9ivfmdNAx7ozTnBUmGlbNnK-28t4zS5BMioBGesoKkpGAC2MDiz8QlaaTmXZT0w"
)
"""What this key has made of that, once and for all: callers have kept such."""


def test_a_seal_is_the_same_for_ever() -> None:
    assert seals.seal(KEY, "reasoning", CONTENT) == SEALED
    assert seals.unseal(KEY, "reasoning", SEALED) == CONTENT


@given(st.dictionaries(st.text(max_size=5), st.text() | st.integers(-9, 9)))
def test_what_is_sealed_is_what_is_opened(content: dict[str, object]) -> None:
    assert seals.unseal(KEY, "reasoning", seals.seal(KEY, "reasoning", content)) == content


@given(st.text(min_size=8, max_size=60), st.integers(0, 200))
def test_a_seal_that_is_not_whole_is_none(said: str, at: int) -> None:
    sealed = seals.seal(KEY, "reasoning", {"thinking": said})
    at %= len(sealed)
    for other in (sealed[:at], sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]):
        assert seals.unseal(KEY, "reasoning", other) is None or other == sealed


@pytest.mark.parametrize(("key", "purpose"), [(OTHER, "reasoning"), (KEY, "compaction"), ("", "reasoning")])
def test_another_key_and_another_purpose_open_nothing(key: str, purpose: str) -> None:
    assert seals.unseal(key, purpose, SEALED) is None


def test_it_hides_what_it_says() -> None:
    long = seals.seal(KEY, "reasoning", {"thinking": "tide " * 100})
    assert len({long[at : at + 8] for at in range(0, len(long) - 8, 8)}) == len(range(0, len(long) - 8, 8))


def test_a_tenant_has_one_key_and_no_other_tenants(engine: Engine) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(seals.key(engine.services, "t"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {seals.key(engine.services, "t")}
    assert len(found[0]) == 64
    assert seals.key(engine.services, "u") != found[0]
