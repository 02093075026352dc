"""Writes the client without asyncio from the one with it; `--check` says whether that is stale.

Tokens are replaced, as httpcore does, and the result is formatted. What cannot be had by that is in crew.py, by hand.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "clients/python/walkaway", ROOT / "tests/client")
"""In each of them `_sync` is made from `_async`."""
BY_HAND = frozenset({"__init__.py", "crew.py"})
TOKENS = (
    (r"\basync (?=def|with|for)", ""),
    (r"\bawait ", ""),
    (r"\basync for\b", "for"),
    (r"\bAsyncGenerator\[(.+), None\]", r"Generator[\1, None, None]"),
    (r"\bAwaitable\[None\]", "None"),
    (r"\bAsync([A-Z]\w*)", r"\1"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\b__a(enter|exit|iter|next)__\b", r"__\1__"),
    (r"\ba(close|iter_raw|iter_bytes)\b", r"\1"),
    (r"\basync_(scripted|quick)\b", r"\1"),
    (r"\b_async\b", "_sync"),
    (r"  # noqa: ASYNC\d+.*", ""),
)


def generated(home: Path) -> dict[str, str]:
    """Give the name and text of each file."""
    made = {path.name: _plain(path.read_text()) for path in sorted((home / "_async").glob("*.py"))}
    return _formatted({name: text for name, text in made.items() if name not in BY_HAND})


def _plain(text: str) -> str:
    for token, instead in TOKENS:
        text = re.sub(token, instead, text)
    return text


def _formatted(texts: dict[str, str]) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text)
        ruff = [str(Path(sys.executable).with_name("ruff"))]
        config = ["--config", str(ROOT / "pyproject.toml"), "--quiet", "--no-cache", folder]
        subprocess.run([*ruff, "check", "--fix-only", "--select", "F401,I", *config], check=True)
        subprocess.run([*ruff, "format", *config], check=True)
        return {name: (Path(folder) / name).read_text() for name in texts}


def main() -> None:
    """Write, or check."""
    stale = []
    for home in FOLDERS:
        made, target = generated(home), home / "_sync"
        there = {path.name for path in target.glob("*.py")} - BY_HAND
        stale += [target / name for name in there - made.keys()]
        stale += [
            target / name for name, text in made.items() if name not in there or (target / name).read_text() != text
        ]
        if "--check" not in sys.argv:
            for name in there - made.keys():
                (target / name).unlink()
            for name, text in made.items():
                (target / name).write_text(text)
    if stale and "--check" in sys.argv:
        sys.exit(f"stale: {', '.join(str(path.relative_to(ROOT)) for path in stale)}; run `make docs`")


if __name__ == "__main__":
    main()
