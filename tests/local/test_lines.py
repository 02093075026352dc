"""A line for each name: nobody waits for another one's."""

from walkaway_local.lines import Lines


def test_a_line_that_is_full_makes_no_other_wait() -> None:
    lines, begun = Lines(2), list[str]()
    for name in ("a1", "a2", "a3", "a4", "b1"):
        lines.enter(name[0], lambda name=name: begun.append(name))  # type: ignore[misc]
    assert begun == ["a1", "a2", "b1"]
    lines.leave("a")
    assert begun == ["a1", "a2", "b1", "a3"]
    lines.leave("a")
    lines.leave("a")
    lines.leave("b")
    assert begun == ["a1", "a2", "b1", "a3", "a4"]
    lines.leave("a")
    assert (dict(lines._busy), dict(lines._waiting)) == ({}, {})
