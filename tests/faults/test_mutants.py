"""The fault suite notices when a rule is taken away: each mutant of the engine fails it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.mutants import MUTANTS, Mutant
from tests.kit.network import HOOK

ROOT = Path(__file__).parents[2]
CORE = "layers/core/walkaway_core"
CODE = ("layers/core", "local", "statemachines")


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.rule for mutant in MUTANTS])
def test_the_suite_notices(mutant: Mutant, tmp_path: Path) -> None:
    for name in CODE:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in mutant.edits:
        file = tmp_path / CORE / name
        text = file.read_text()
        assert text.count(old) == 1, f"the rule is no longer written like this: {old}"
        file.write_text(text.replace(old, new))
    found = _suite(tmp_path, mutant.fault)
    assert found.returncode == 1, found.stdout + found.stderr
    noticed = " failed" if mutant.fault.startswith("tests/") else "violations:"
    assert noticed in found.stdout, found.stdout + found.stderr


def test_each_rule_is_written_as_its_mutant_says() -> None:
    missing = [
        (mutant.rule, old)
        for mutant in MUTANTS
        for name, old, _ in mutant.edits
        if (ROOT / CORE / name).read_text().count(old) != 1
    ]
    assert missing == []


def _suite(code: Path, fault: str) -> "subprocess.CompletedProcess[str]":
    path = [HOOK, code / "layers/core", code / "local", ROOT / "clients/python", ROOT]
    command = [sys.executable, "-m", "tests.faults", "--side", "one machine", "--only", fault, "--stop"]
    if fault.startswith("tests/"):
        command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-x", "-p", "no:cacheprovider", f"{ROOT}/{fault}"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # a copy is not measured
    environ = {**clean, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, env=environ, cwd=code, capture_output=True, text=True, timeout=240, check=False)
