"""Come back for what `leave.py` has sent: now, tomorrow, or in a week."""

from pathlib import Path

from walkaway import Walkaway

turn = Walkaway().turn(Path("task.txt").read_text())
print(turn.result().text)
