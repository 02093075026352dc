"""Imports each function in a process of its own, prints how long that takes, and checks who loads the model's SDK."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TRIES = 3
PROBE = """
import sys, time
before = time.perf_counter()
import functions.{name}.app
print(round((time.perf_counter() - before) * 1000), len(sys.modules), "anthropic" in sys.modules)
"""


def main() -> None:
    """Print the table. Exits with 1 when any but call_model imports anthropic."""
    wrong = []
    print(f"{'function':16}{'import, ms':>12}{'modules':>10}  (the best of {TRIES} fresh processes)")
    for folder in sorted(path.parent for path in (ROOT / "functions").glob("*/app.py")):
        best, modules, loads = min(_probe(folder.name) for _ in range(TRIES))
        print(f"{folder.name:16}{best:>12}{modules:>10}{'  loads anthropic' if loads else ''}")
        if loads != (folder.name == "call_model"):
            wrong.append(folder.name)
    if wrong:
        sys.exit(f"call_model, and it alone, must import anthropic; wrong: {', '.join(wrong)}")


def _probe(name: str) -> tuple[int, int, bool]:
    command = [sys.executable, "-c", PROBE.format(name=name)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    milliseconds, modules, loads = done.stdout.split()
    return int(milliseconds), int(modules), loads == "True"


if __name__ == "__main__":
    main()
