"""The number of the format in which everything is stored, and whether this version may touch what has another one.

It is raised only where the version before could no longer go on with what this one writes: that is a migration
(docs/upgrades.md). Facts, fields and kinds that are added do not raise it.
"""

from walkaway_core.ports.items import Absent, Item, Put, Refused
from walkaway_core.ports.table import Table
from walkaway_core.store import keys

FORMAT = 1
"""What this version reads and writes. Data without a number is of 0.1.0 or shortly before it, and is format 1, too."""
NEWER = (
    "{} was written by a newer version of Walkaway, in format {}; this version reads formats up to {}. Use that "
    "version, or a newer one; or put back a backup from before the upgrade"
)
OLDER = (
    "{} was written by a version of Walkaway from before webhooks, whose data no later one reads. Finish there what is "
    "to be finished, and begin with another data folder (--data)"
)


class WrongFormat(Exception):
    """What is stored is not for this version. The message says what to do."""


def check(where: str, number: int) -> None:
    """Refuse what a newer version has written. Raises WrongFormat."""
    if number > FORMAT:
        raise WrongFormat(NEWER.format(where, number, FORMAT))


def check_table(table: Table, name: str) -> None:
    """Refuse a table that a newer version has written: one read, for a process that has just begun. Raises WrongFormat.

    A table without a number is of this format.
    """
    item = table.get((keys.FORMAT, "-"))[0]
    if item:
        check(f"The table {name}", item.number("number"))


def mark_table(table: Table) -> None:
    """Write the number into a table that has none."""
    key = (keys.FORMAT, "-")
    if table.get(key)[0] is None:
        try:
            table.write(Put(Item(*key, {"number": FORMAT}), (Absent(),)))
        except Refused:
            return  # somebody else has just done it
