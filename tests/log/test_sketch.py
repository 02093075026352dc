"""What has been added to a set is named by sketches of both, whatever the set is."""

import random

import pytest

from walkaway_core.log.sketch import MOST, Sketch


def ids(many: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return sorted({f"evt_{chance.getrandbits(96):024x}" for _ in range(many)})


@pytest.mark.parametrize("known", [0, 1, 7, 300])
@pytest.mark.parametrize("added", range(MOST + 1))
def test_so_many_are_named(known: int, added: int) -> None:
    every = ids(known + added, seed=known * 100 + added)
    new = set(random.Random(added).sample(every, added))
    before = Sketch().plus(id_ for id_ in every if id_ not in new)
    assert before.added(every) == new
    assert Sketch.read(before.count, before.text).added(every) == new


def test_what_is_too_much_or_no_part_of_it_is_not_guessed() -> None:
    every, others = ids(20, seed=1), ids(20, seed=2)
    assert Sketch().plus(every[MOST + 1 :]).added(every) is None
    assert Sketch().plus(every).added(every[1:]) is None
    assert Sketch().plus(others[:18]).added(every) is None


def test_it_does_not_matter_what_was_there_in_between() -> None:
    every = ids(9, seed=3)
    assert Sketch().plus(every).plus(every[:4], -1) == Sketch().plus(reversed(every[4:]))


@pytest.mark.parametrize("text", ["", "A", "AAAA", "_" * 171, "A" * 172, "!" * 171])
def test_a_text_of_other_sorts_names_nothing(text: str) -> None:
    every = ids(3, seed=4)
    assert Sketch.read(2, text).added(every) is None
    assert Sketch.read(3, text).added(every) == set()
