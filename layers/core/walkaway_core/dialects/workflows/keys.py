"""Where tasks and registered tools stand in the Table.

pk                        sk                              item
T#{tenant}                TASK#{task}                     which turn a task is, and what was asked
T#{tenant}#{agent}#TASKS  {task}                          the list of an agent's tasks
T#{tenant}#REGISTRY       {hash}                          a tool that the tenant has registered
"""

import hashlib
import re

from walkaway_core.ports.items import Item, Key


def task(tenant: str, id_: int) -> Key:
    """Which turn a task is, and what was asked."""
    return f"T#{tenant}", f"TASK#{id_:016}"


def task_entry(tenant: str, agent: str, id_: int) -> Key:
    """A task in the list of its agent's."""
    return f"T#{tenant}#{agent}#TASKS", f"{id_:016}"


def numbered(entry: Item) -> bool:
    """Whether an entry's key is a task's number; under another one, as by hand, stands nobody's."""
    return re.fullmatch("[0-9]{16}", entry.sk) is not None


def number(look_up: Item) -> int:
    """The number of the task that is looked up here; 0 for a key that is none."""
    digits = look_up.sk.removeprefix("TASK#")
    return int(digits) if digits.isdecimal() else 0


def registered(tenant: str, namespace: str, name: str) -> Key:
    """A tool that a tenant has registered."""
    named = f"{namespace}\0{name}".encode(errors="surrogatepass")
    return f"T#{tenant}#REGISTRY", hashlib.sha256(named).hexdigest()
