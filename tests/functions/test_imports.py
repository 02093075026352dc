"""What a function loads: of the doors no other than it needs, as each that is loaded makes a cold start longer."""

import subprocess
import sys
from pathlib import Path

import pytest

from walkaway_core.doors import DOORS

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
import functions.{name}.app
from walkaway_core.doors import DOORS
print(*(door for door in DOORS._modules.values() if f"walkaway_core.doors.{{door}}" in sys.modules))
"""


DOORS_OF = {name: {name} for name in DOORS._modules.values()}


@pytest.mark.parametrize(("name", "doors"), {**DOORS_OF, "sweep": {"finish_turn"}, "deliver_webhook": set()}.items())
def test_no_other_door_is_loaded(name: str, doors: set[str]) -> None:
    command = [sys.executable, "-c", SCRIPT.format(name=name)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {*done.stdout.split()} == doors
