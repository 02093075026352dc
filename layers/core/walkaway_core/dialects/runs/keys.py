"""Where runs stand in the Table.

pk                        sk                              item
                          RUN#{run}                       which turn a run is
T#{tenant}#RUNS           {turn}                          the list of runs, by their turns
T#{tenant}#RUNCOUNT       {group}#{shard}                 how many runs of a label, or of all, are in each state
"""

from walkaway_core.ports.items import Key


def run(tenant: str, id_: str) -> Key:
    """Which turn a run is."""
    return f"T#{tenant}", f"RUN#{id_}"


def run_entry(tenant: str, turn: str) -> Key:
    """A run in the list of its tenant's, which is that of their turns."""
    return f"T#{tenant}#RUNS", turn


def run_counter(tenant: str, group: str, shard: int) -> Key:
    """How many runs of a group, or of all, are in each state; in shards."""
    return f"T#{tenant}#RUNCOUNT", f"{group}#{shard:02}"
