"""The tests of the command line notice when a claim of its rules is taken away: each mutant fails one of them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.mutants import MUTANTS
from tests.faults.mutants import Mutant

ROOT = Path(__file__).parents[2]
CLIENT = Path("clients/python")
ALIKE = ("-n", "0", "-q", "-x", "-p", "no:cacheprovider", "--timeout", "30")  # what hangs is noticed


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.rule for mutant in MUTANTS])
def test_a_test_notices(mutant: Mutant, tmp_path: Path) -> None:
    copy = tmp_path / "python"
    shutil.copytree(ROOT / CLIENT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in mutant.edits:
        file = copy / "walkaway" / name
        assert file.read_text().count(old) == 1, f"the claim is no longer kept like this: {old}"
        file.write_text(file.read_text().replace(old, new))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    path = os.pathsep.join(filter(None, (str(copy), os.environ.get("PYTHONPATH", ""))))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *ALIKE, str(ROOT / mutant.fault)],
        env=clean | {"PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert " failed" in done.stdout


def test_each_claim_is_kept_as_its_mutant_says() -> None:
    edits = [(mutant.rule, name, old) for mutant in MUTANTS for name, old, _ in mutant.edits]
    assert [each for each in edits if (ROOT / CLIENT / "walkaway" / each[1]).read_text().count(each[2]) != 1] == []
