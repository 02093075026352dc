"""Searching lines for a regular expression that a model has chosen."""

from collections.abc import Sequence

import regex

from walkaway_core.apart.child import Failed

LINE_SECONDS = 2.0


def matches(expression: str, lines: Sequence[str], most: int) -> list[int]:
    """Give the numbers, from 0, of the first lines that match. Raises Failed for what is no expression, or too slow."""
    try:
        pattern = regex.compile(expression)
    except (regex.error, RecursionError, OverflowError) as error:
        raise Failed(f"{expression!r} is no regular expression: {error}") from None
    hits: list[int] = []
    for number, line in enumerate(lines):
        try:
            if pattern.search(line, timeout=LINE_SECONDS):
                hits.append(number)
        except TimeoutError:
            raise Failed(f"The pattern takes more than {LINE_SECONDS} s on line {number + 1}; simplify it") from None
        if len(hits) == most:
            break
    return hits
