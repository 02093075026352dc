"""The fault suite notices when a rule is taken away: each mutant of the engine fails it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.faults.mutants import MUTANTS, Mutant
from tests.kit.network import HOOK

ROOT = Path(__file__).parents[2]
CORE = "layers/core/walkaway_core"
CODE = ("layers/core", "local", "statemachines")


class Prepared:
    """Runs modules in processes that have the libraries at hand, and our code as it is where they are told to look."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, code: Path, module: str, *arguments: str) -> tuple[int, str]:
        """Run it on a copy of the code; give its exit code and what it said."""
        assert self._process.stdin
        assert self._process.stdout
        path = [HOOK, code / "layers/core", code / "local", ROOT / "clients/python", ROOT]
        said = code / "said"
        asked = {"module": module, "arguments": arguments, "folder": str(code), "output": str(said)}
        self._process.stdin.write(json.dumps({**asked, "path": [str(part) for part in path]}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline()), said.read_text()


@pytest.fixture(scope="module")
def prepared() -> Iterator[Prepared]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # a copy is not measured
    command = [sys.executable, "-P", str(Path(__file__).with_name("prepared.py"))]
    with subprocess.Popen(command, env=clean, stdin=PIPE, stdout=PIPE, text=True) as process:
        yield Prepared(process)


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.rule for mutant in MUTANTS])
def test_the_suite_notices(mutant: Mutant, tmp_path: Path, prepared: Prepared) -> None:
    for name in CODE:
        shutil.copytree(ROOT / name, tmp_path / name)
    for name, old, new in mutant.edits:
        file = tmp_path / CORE / name
        text = file.read_text()
        assert text.count(old) == 1, f"the rule is no longer written like this: {old}"
        file.write_text(text.replace(old, new))
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            compiled.unlink()
    code, said = _suite(prepared, tmp_path, mutant.fault)
    assert code == 1, said
    noticed = " failed" if mutant.fault.startswith("tests/") else "violations:"
    assert noticed in said


def test_each_rule_is_written_as_its_mutant_says() -> None:
    missing = [
        (mutant.rule, old)
        for mutant in MUTANTS
        for name, old, _ in mutant.edits
        if (ROOT / CORE / name).read_text().count(old) != 1
    ]
    assert missing == []


def _suite(prepared: Prepared, code: Path, fault: str) -> tuple[int, str]:
    if fault.startswith("tests/"):
        early = "ignore::pytest.PytestAssertRewriteWarning"  # a library that is at hand has a plugin of pytest's
        options = ("-n", "0", "-q", "-x", "-p", "no:cacheprovider", "--timeout", "30", "-W", early)
        return prepared.run(code, "pytest", *options, f"{ROOT}/{fault}")
    return prepared.run(code, "tests.faults", "--side", "one machine", "--only", fault, "--stop")
