"""What is missing for DynamoDB Local is told in a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.dynamodb_local import OWN
from dev.template import ROOT


def brought(path: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Bring it on a machine whose programs are in a folder."""
    command = [sys.executable, "-m", "dev.dynamodb_local"]
    given = {**os.environ, "PATH": str(path), **environ}
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False)


def java(folder: Path, version: str) -> None:
    (folder / "java").write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    (folder / "java").chmod(0o755)


@pytest.mark.parametrize("version", ["", "1.8.0_402", "11.0.22"], ids=["none", "8", "11"])
def test_without_a_java_of_today_one_is_told_how_to_get_it(tmp_path: Path, version: str) -> None:
    if version:
        java(tmp_path, version)
    done = brought(tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Java 17" in done.stderr
    assert "apt-get install openjdk-17-jre-headless" in done.stderr


def test_a_folder_of_ones_own_without_the_jar_is_named(tmp_path: Path) -> None:
    java(tmp_path, "21.0.1")
    done = brought(tmp_path, **{OWN: str(tmp_path)})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{OWN} names {tmp_path}, where no DynamoDBLocal.jar is" in done.stderr


def test_a_folder_of_ones_own_is_taken(tmp_path: Path) -> None:
    java(tmp_path, "17.0.15")
    (tmp_path / "DynamoDBLocal.jar").touch()
    assert brought(tmp_path, **{OWN: str(tmp_path)}).returncode == 0
