"""Ids sort by time."""

from walkaway_core.ports.clock import TimeIds


def test_ids_sort_by_time_and_after_the_one_given() -> None:
    ids = TimeIds()
    far = f"msg_{'e' * 12}{'0' * 12}"
    made = [ids.new("msg_", after=far)]
    for _ in range(5):
        made.append(ids.new("msg_", after=made[-1]))
    assert [far, *made] == sorted([far, *made])
    assert len({ids.new("x_") for _ in range(1000)}) == 1000
    assert all(len(name) == 28 for name in made)
