"""The reference names every code of an error that any source of ours can answer."""

import ast
from collections.abc import Iterator
from pathlib import Path

from walkaway_core import errors
from walkaway_core.http.errors import OTHERS, ROUTING, STATUS

ROOT = Path(__file__).parents[2]
WRITERS = {"body", "_answer"}
"""What writes an error of a status and a code in the native shape."""


def written() -> Iterator[tuple[str, int]]:
    """Each code that is written with its status, as the sources have them."""
    for file in [*(ROOT / "layers/core/walkaway_core").rglob("*.py"), *(ROOT / "local").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in WRITERS:
                match node.args[:2]:
                    case [ast.Constant(value=int(status)), ast.Constant(value=str(code))]:
                        yield code, status


def test_every_code_is_named() -> None:
    classes = [kind.code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "code")]
    codes = {*classes, *(code for code, _ in written()), *(code for code, _ in ROUTING.values())} - {"error"}
    assert {"internal", "forbidden_host", "forbidden_origin", "timeout", "too_many_connections"} <= codes
    table = (ROOT / "docs/reference.md").read_text()
    assert [code for code in sorted(codes) if f"| `{code}` |" not in table] == []


def test_the_statuses_are_those_that_are_written() -> None:
    everything = {**STATUS, **{code: status for code, (status, _) in OTHERS.items()}}
    heads = {("too_large", 431)}  # the code says what is wrong, the status where
    assert {(code, status) for code, status in written() if everything[code] != status} == heads
