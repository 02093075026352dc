"""Send a task and walk away. What `come_back.py` needs is in task.txt, and it may run on another machine."""

from pathlib import Path

from walkaway import Walkaway

turn = Walkaway().sessions.create().send("Write a 4-page report on the tides of 40 harbours to tides.md")
Path("task.txt").write_text(turn.ref)
print("left", turn.ref)
