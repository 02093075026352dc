"""Tries every fault at every point (`make faults`), prints the table, and writes it into docs/reliability.md."""

import argparse
import itertools
import logging
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults.campaign import Row, campaign, ground
from tests.faults.catalogue import CATALOGUE
from tests.faults.sides import SIDES

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
HEAD = "| fault | on | tried at | violations |\n|---|---|---|---|\n"
KILLS = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try every so many points (1)")
    parser.add_argument("--side", choices=SIDES, help="only this side, and no whole servers")
    parser.add_argument("--only", default="", help="only faults whose name has this in it")
    parser.add_argument("--stop", action="store_true", help="stop each fault at its first violation")
    parser.add_argument(
        "--write", action="store_true", help="write what was tried into the table of docs/reliability.md"
    )
    chosen = parser.parse_args()
    logging.disable()  # what breaks on purpose is logged as it should be
    rows: list[Row] = []
    for row in _rows(chosen):
        rows.append(row)
        sys.stdout.write(_line(row))
        for point, wrong in row.violations.items():
            sys.stdout.write(f"violations: at {point}: {wrong}\n")
        sys.stdout.flush()
    if chosen.write:
        _write(rows, whole=not chosen.only and chosen.side is None)
    return int(not rows or any(row.violations for row in rows))


def _rows(chosen: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in SIDES if chosen.side is None else [chosen.side]:
            with ground(side, folder) as found:
                for fault in CATALOGUE:
                    if side in fault.sides and chosen.only in fault.name:
                        yield campaign(found, fault, chosen.every, stop=chosen.stop)
        if chosen.side is None and not chosen.only:
            from tests.faults import served  # seconds to import

            yield served.readers(folder / "readers", chosen.every)
            yield served.killed(folder, kills=KILLS)


def _write(rows: list[Row], *, whole: bool) -> None:
    """Write the table: these rows alone, or, where not all were tried, in their places among those that stand there."""
    before, _, after = PAGE.read_text().partition(HEAD)
    lines = after.splitlines(keepends=True)
    old = [] if whole else list(itertools.takewhile(_is_row, lines))
    table = {_about(line): line for line in [*old, *map(_line, rows)]}
    order = [f"| {fault.name} | {side} " for side in SIDES for fault in CATALOGUE if side in fault.sides]
    known = [table.pop(name) for name in order if name in table]
    PAGE.write_text(before + HEAD + "".join([*known, *table.values(), *itertools.dropwhile(_is_row, lines)]))


def _is_row(line: str) -> bool:
    return line.startswith("|")


def _about(line: str) -> str:
    """Say which fault on which side a row is about."""
    return "|".join(line.split("|")[:3])


def _line(row: Row) -> str:
    return f"| {row.fault} | {row.side} | {row.tried} of {row.points} | {len(row.violations)} |\n"


sys.exit(main())
