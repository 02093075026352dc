"""A program that is forked is what `python -m` would be: its own process, with what it was given and no more."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import forked, typed
from tests.kit.servers import PATIENCE

PROGRAM = """
import json, os, sys
told = {"arguments": sys.argv[1:], "environ": dict(os.environ), "folder": os.getcwd(), "name": __name__,
        "files": [file for file in sorted(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd/" + file)],
        "path": sys.path[0]}
print(json.dumps(told))
print("beside", file=sys.stderr)
sys.exit(3)
"""
AT_TERMINAL = """
import os, time
print(os.getsid(0) == os.getpid(), os.tcgetpgrp(0) == os.getpgrp(), all(map(os.isatty, range(3))))
time.sleep(600)
"""
SLOW = "print('begun', flush=True); import time; time.sleep(600)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "slow.py").write_text(SLOW)
    return tmp_path


def test_it_is_as_an_interpreter_would_be(folder: Path) -> None:
    environ, log = {**os.environ, "OWN": "1"}, folder / "log"
    command = [sys.executable, "-m", "program", "a", "--b"]
    real = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    with log.open("a") as errors:
        program = forked.start(["program", "a", "--b"], environ, errors)
    with program.stdout:
        said = program.stdout.read()
    assert json.loads(said) == json.loads(real.stdout)
    assert (program.wait(PATIENCE), log.read_text()) == (real.returncode, real.stderr) == (3, "beside\n")
    assert program.poll() == 3


def test_what_a_shell_starts_is_as_an_interpreter_would_be(folder: Path) -> None:
    script = folder / "tool" / "program"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\n{PROGRAM}")
    script.chmod(0o755)
    environ, files = typed.command(script, folder / "bin", os.environ)
    assert files
    line = "echo given | program a --b | cat; exit ${PIPESTATUS[1]}"
    real, fork = (
        subprocess.run(["bash", "-c", line], env=each, pass_fds=files, capture_output=True, text=True, check=False)
        for each in ({**os.environ, "PATH": f"{script.parent}:{os.environ['PATH']}"}, environ)
    )
    first, second = (json.loads(each.stdout) for each in (real, fork))
    for each in (first, second):
        del each["environ"]["PATH"], each["environ"]["_"]
    assert set(first.pop("files")) == {"0", "1", "2", *map(str, files)}
    assert second.pop("files") == ["0", "1", "2"]
    assert second == first
    assert (fork.returncode, fork.stderr) == (real.returncode, real.stderr) == (3, "beside\n")


def test_what_a_shell_has_started_ends_by_a_signal_as_it_would_itself(folder: Path) -> None:
    script = folder / "slow"
    script.write_text(f"#!{sys.executable}\n{SLOW}")
    environ, files = typed.command(script, folder / "bin", os.environ)
    line = ["bash", "-c", "slow a"]
    with subprocess.Popen(line, env=environ, pass_fds=files, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout
        assert shell.stdout.readline() == "begun\n"
        shell.terminate()
        assert shell.wait(PATIENCE) == -signal.SIGTERM
        assert shell.stdout.read() == "", "nobody has it any more"


def test_it_is_a_process_of_its_own_that_can_be_killed(folder: Path) -> None:
    with (folder / "log").open("a") as errors:
        program, other = (forked.start(["slow"], os.environ, errors) for _ in range(2))
    with program.stdout, other.stdout:
        assert (program.stdout.readline(), other.stdout.readline()) == ("begun\n", "begun\n")
        assert program.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(0)
        program.kill()
        assert program.wait(PATIENCE) == -signal.SIGKILL
        assert not Path(f"/proc/{program.pid}").exists()
        assert other.poll() is None
        other.terminate()
        assert other.wait(PATIENCE) == -signal.SIGTERM
    program.kill()  # whoever has its number now is left alone


def test_what_it_printed_on_either_way_is_told_apart(folder: Path) -> None:
    done = forked.run(["program", "a"], os.environ)
    assert (done.returncode, json.loads(done.stdout)["arguments"], done.stderr) == (3, ["a"], "beside\n")
    assert json.loads(done.stdout)["folder"] == str(folder)


def test_a_terminal_is_its_own_and_what_is_typed_there_reaches_it(folder: Path) -> None:
    (folder / "typed_at.py").write_text(AT_TERMINAL)
    master, slave = pty.openpty()
    program = forked.at_terminal(["typed_at"], os.environ, slave, folder)
    os.close(slave)
    try:
        assert os.read(master, 1000) == b"True True True\r\n", "each line comes at its end"
        os.write(master, b"\x03")
        assert program.wait(PATIENCE) == -signal.SIGINT
    finally:
        program.kill()
        os.close(master)


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PYTHONHASHSEED", "COVERAGE_PROCESS_START"])
def test_what_an_interpreter_is_told_is_told_to_an_interpreter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for measured in [each for each in os.environ if each.startswith("COV")]:
        monkeypatch.delenv(measured)
    assert forked.is_alike({**os.environ, "WALKAWAY_MODEL": "x"})
    assert not forked.is_alike({**os.environ, name: "1"})
