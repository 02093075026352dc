"""Where schedules stand in the Table (store/keys.py has the rest).

pk                        sk                              item
T#{tenant}                SCHEDULE#{schedule}             a schedule
                          SCHEDULENAME#{hash}             which schedule has a name
T#{tenant}#{schedule}#FIRINGS  {firing}                   a time at which it was to fire, and what became of it
T#{tenant}#{schedule}#OPEN     {firing}                   one of which that is not known yet
SYS#SWEEPS                -                               since when the sweep has come without a gap
"""

import hashlib

from walkaway_core.ports.items import Key

SWEEPS = ("SYS#SWEEPS", "-")


def schedule(tenant: str, id_: str) -> Key:
    """A schedule as it is now."""
    return f"T#{tenant}", f"SCHEDULE#{id_}"


def schedule_name(tenant: str, name: str) -> Key:
    """Which schedule has this name."""
    return f"T#{tenant}", f"SCHEDULENAME#{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()}"


def firing(tenant: str, schedule_id: str, id_: str) -> Key:
    """A time at which a schedule was to fire."""
    return f"T#{tenant}#{schedule_id}#FIRINGS", id_


def open_firing(tenant: str, schedule_id: str, id_: str) -> Key:
    """One of which nobody knows yet what will become of it."""
    return f"T#{tenant}#{schedule_id}#OPEN", id_
