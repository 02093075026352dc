"""Writes the bill into docs/cost.md, between its markers: `python -m dev.bill.page`; `--check`: whether it is stale."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from dev.bill import bill, prices, tab
from dev.bill.bill import Line
from dev.template import Stack

PLACE = Path(__file__).parents[2] / "docs/cost.md"
MACHINE = ("call_model", "run_tool", "request_client_tools", "continue_turn", "finish_turn")
OPERATIONS = ("BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
BEGIN, END = "<!-- `make cost` writes what follows. -->\n", "<!-- Here ends what `make cost` writes. -->\n"


def generated() -> str:
    """The generated part."""
    turn, idle = _bills()
    counts = bill.counted()
    moves = sum(counts["moves"].values())
    parts = [
        f"List prices of {prices.table()['region']}, arm64, without free tiers, as of {prices.table()['as_of']}.",
        "## The turn",
        _lines(turn, bill.TARGETS["turn"]),
        f"{moves} transitions (aim ≤ {bill.TARGETS['moves']}): "
        + ", ".join(f"{number} `{name}`" for name, number in sorted(counts["moves"].items())),
        _told(counts),
        "## A month in which nothing happens",
        _lines(idle, bill.TARGETS["idle"]),
        "## An hour of an open tab",
        _tab(counts),
        "## Beside managed services",
        _managed(_sum(turn)),
        "## The prices",
        _prices(),
    ]
    return "\n\n".join(parts) + "\n"


def _tab(counts: Mapping[str, Any]) -> str:
    """The lines of the inbox, as somebody looks at it, and the sums of what else a tab can be."""
    memory = bill.memories(Stack())
    opened = counts["tab"]["opening"]
    rows = [
        (what, f"{_of(lines, 'invocations'):,.0f}", f"{_of(lines, 'GB-seconds'):,.0f}", f"{_sum(lines):.4f}")
        for what, lines in tab.tabs(counts, memory)
    ]
    return "\n\n".join(
        [
            "The inbox, while somebody looks at it and nothing runs:",
            _lines(tab.feed(counts, memory)),
            "And what else a tab can be, in all:",
            _table(("an hour of it", "invocations", "GB-seconds", "USD"), rows),
            f"Opening it for the first time takes {sum(opened.values())} requests, signing in included, "
            + " and ".join(f"{number} of them to `{name}`" for name, number in sorted(opened.items()))
            + f"; an hour that nobody looks at takes {counts['tab']['hidden']} behind its first five minutes.",
        ]
    )


def _of(lines: Sequence[Line], unit: str) -> float:
    return sum(line.number for line in lines if line.unit == unit)


def _sum(lines: Sequence[Line]) -> float:
    return sum(line.dollars for line in lines)


def _told(counts: Mapping[str, Any]) -> str:
    """Say how often the table is asked, and by whom."""
    by = ", ".join(f"{_asked(counts, name) / bill.STEPS:.1f} by `{name}`" for name in MACHINE if _asked(counts, name))
    deltas = counts["deltas"]
    return (
        f"{trips(counts):.1f} round trips to the table a step (aim ≤ {bill.TARGETS['trips']}): {by}. "
        f"Deltas were appended {deltas['calls']} times in {deltas['seconds']:g} s."
    )


def _bills() -> tuple[list[Line], list[Line]]:
    counts, stack = bill.counted(), Stack()
    memory = bill.memories(stack)
    return bill.turn(counts, memory), bill.idle(counts, memory, stack)


def trips(counts: Mapping[str, Any]) -> float:
    """Round trips of the machine's functions to the table, a step; deltas and readers are not among them."""
    return sum(_asked(counts, name) for name in MACHINE) / bill.STEPS


def _asked(counts: Mapping[str, Any], function: str) -> int:
    return sum(counts["calls"].get(function, {}).get(operation, 0) for operation in OPERATIONS)


def _lines(lines: Sequence[Line], aim: float | None = None) -> str:
    rows = [(line.what, f"{_number(line.number)} {line.unit}", f"{line.dollars:.6f}") for line in lines]
    whole = "**all**" if aim is None else f"**all** (aim ≤ {aim:g})"
    return _table(("what", "how much", "USD"), [*rows, (whole, "", f"**{_sum(lines):.4f}**")])


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"


def _managed(ours: float) -> str:
    rows = [("Walkaway, in one's own account", "as above", "the turn, with one watcher", f"{ours:.4f}", "")]
    for each in prices.table()["managed"]:
        turn = each["turn"]
        rows.append((each["name"], each["price"], turn["of"], f"{turn['dollars']:.4f}", each["source"]))
    return _table(("service", "price besides the model's tokens", "of this turn", "USD", "source"), rows)


def _prices() -> str:
    found = prices.table()["prices"].items()
    by_source = groupby(sorted(found, key=lambda item: item[1]["source"]), key=lambda item: item[1]["source"])
    rows = []
    for source, entries in by_source:
        told = "; ".join(f"{price['dollars']:.10g} USD for {price['for']:,} {unit}" for unit, price in entries)
        rows.append((source, told, prices.table()["sources"][source]))
    return _table(("service", "price", "source"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def summary() -> str:
    """Say both totals, and the counts that have an aim."""
    turn, idle = (sum(line.dollars for line in lines) for lines in _bills())
    counts = bill.counted()
    return (
        f"a turn: ${turn:.4f} (aim ≤ {bill.TARGETS['turn']}), {sum(counts['moves'].values())} transitions "
        f"(aim ≤ {bill.TARGETS['moves']}), {trips(counts):.1f} round trips a step (aim ≤ {bill.TARGETS['trips']}); "
        f"an idle month: ${idle:.2f} (aim ≤ {bill.TARGETS['idle']:.2f}); docs/cost.md has the lines"
    )


def page() -> str:
    """The page with the generated part as it should be."""
    before, _, rest = PLACE.read_text().partition(BEGIN)
    return f"{before}{BEGIN}\n{generated()}\n{END}{rest.partition(END)[2]}"


def keep(counts: Mapping[str, Any]) -> None:
    """Keep what was counted, beside what was counted before and not now, and write the page."""
    bill.PLACE.write_text(json.dumps(bill.counted() | dict(counts), indent=1, sort_keys=True) + "\n")
    write()


def write() -> None:
    """Write it."""
    PLACE.write_text(page())


def main() -> None:
    """Write, or check."""
    if "--check" not in sys.argv:
        write()
    elif PLACE.read_text() != page():
        sys.exit("stale: docs/cost.md; run `make docs`, or `make cost` to count anew")


if __name__ == "__main__":
    main()
