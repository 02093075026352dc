"""What the docs count is what there is."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def test_the_functions_are_counted() -> None:
    there = [path for path in (ROOT / "functions").iterdir() if (path / "app.py").exists()]
    assert f"{WORDS[len(there)]} Lambda functions" in (ROOT / "docs/deploy.md").read_text()
