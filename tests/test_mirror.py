"""Tests of a room stand in the folder of its name, and are named after its modules."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CORE = TESTS.parent / "layers/core/walkaway_core"
ROOMS = ("agent", "dialects", "doors", "engine", "http", "log", "models", "notify", "outbound", "store")
FILES = [found for room in ROOMS for found in (TESTS / room).rglob("test_*.py")]


@pytest.mark.parametrize("file", FILES, ids=[str(found.relative_to(TESTS)) for found in FILES])
def test_a_file_of_tests_is_named_after_a_module_of_its_room(file: Path) -> None:
    room = CORE / file.parent.relative_to(TESTS)
    modules = {found.stem for found in room.iterdir() if not found.stem.startswith("_")}
    name = file.stem.removeprefix("test_")
    assert any(name == module or name.startswith(f"{module}_") for module in modules), f"{room} has no such module"
