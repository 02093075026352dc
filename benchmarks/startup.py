"""Measures what a command costs to start: CPU and time of `--version`, and of a list beside the libraries it imports.

Commands and their control take turns, so that whatever else the machine does falls on all; what is printed are medians.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.servers import model, started
from walkaway import Walkaway

ROUNDS, WARM_UP, SESSIONS = 21, 2, 20
VERSION_AIM, LIST_AIM, BEYOND_AIM = 80.0, 250.0, 100.0
PYTHON = (sys.executable, "-c")
WALKAWAY = str(Path(sys.executable).with_name("walkaway"))
PASS, CLICK, LIBRARIES, CLIENT, VERSION, LIST = "pass", "click", "libraries", "client", "version", "list"
COMMANDS = {
    PASS: (*PYTHON, "pass"),
    CLICK: (*PYTHON, "import click"),
    LIBRARIES: (*PYTHON, "import click, httpx2"),
    CLIENT: (*PYTHON, "import click, httpx2; httpx2.Client(trust_env=False, verify=False)"),
    VERSION: (WALKAWAY, "--version"),
    LIST: (WALKAWAY, "sessions", "list"),
}


def taken(command: Sequence[str], environ: dict[str, str]) -> tuple[float, float]:
    """Give the CPU and the time of a command, in milliseconds."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1000, seconds * 1000


def measure(url: str, folder: Path) -> None:
    """Measure against a server, and print."""
    environ = {**os.environ, "WALKAWAY_URL": url, "XDG_CONFIG_HOME": str(folder)}
    rounds = [{name: taken(command, environ) for name, command in COMMANDS.items()} for _ in range(WARM_UP + ROUNDS)]
    cpu, seconds = (
        {name: statistics.median(each[name][which] for each in rounds[WARM_UP:]) for name in COMMANDS}
        for which in range(2)
    )
    print(f"walkaway --version: {seconds[VERSION]:.0f} ms (aim < {VERSION_AIM:g}),", end=" ")
    print(f"{cpu[VERSION]:.0f} of CPU, of which Python alone takes {cpu[PASS]:.0f}, and with click {cpu[CLICK]:.0f}")
    beyond = statistics.median(each[LIST][0] - each[LIBRARIES][0] for each in rounds[WARM_UP:])
    print(f"walkaway sessions list: {seconds[LIST]:.0f} ms (aim < {LIST_AIM:g}), {cpu[LIST]:.0f} of CPU;", end=" ")
    print(f"{beyond:.0f} beyond `import click, httpx2` (aim ≤ {BEYOND_AIM:g}), of which", end=" ")
    print(f"the first httpx2.Client takes {cpu[CLIENT] - cpu[LIBRARIES]:.0f}")


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        model() as service,
        started("walkaway", Path(folder), service.port) as server,
    ):
        url = f"http://127.0.0.1:{server.port}"
        with Walkaway(url=url) as client:
            for _ in range(SESSIONS):
                client.sessions.create()
        measure(url, Path(folder))


if __name__ == "__main__":
    main()
