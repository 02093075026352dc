"""`make build`: builds functions and layers with the runtime's Python, compiles them, holds their sizes to budgets."""

import io
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import click

from dev import sandbox_layer
from dev.template import ROOT

MINOR = "3.13"
"""The Python of the template's runtime."""
BUILT = ROOT / ".aws-sam/build"
LAYER, SANDBOX = "CoreLayer", "SandboxFunction"
SAM = ROOT / ".venv-sam/bin/sam"
BUDGETS = {LAYER: (40.0, 130.0), sandbox_layer.BUILT.name: (75.0, 230.0)}
BUDGET = (0.1, 0.2)
"""Of those and of each function, zipped and unzipped, in MB.

Lambda's limit is 250 MB unzipped for a function and its layers (Lambda quotas).
"""
SERVICES = {"dynamodb", "events", "lambda", "s3", "sqs", "ssm", "stepfunctions", "sts"}
"""Of which the layer keeps botocore's descriptions: those of all services weigh as much as everything else."""
UNREAD = {".c", ".h", ".pxd", ".pxi", ".pyi", ".pyx"}
"""What compiled modules were made of, and types: no interpreter opens such files."""
CLIENTS = """
import sys, boto3
clients = {name: boto3.client(name, region_name="eu-central-1") for name in sys.argv[1:]}
assert "TenantId" in clients["lambda"].meta.service_model.operation_model("Invoke").input_shape.members
"""
DOCUMENTS = """
import sys, tempfile
import docx, openpyxl, pandas, pptx
import matplotlib.pyplot as plot
pandas.DataFrame({"tides": [1, 3, 2]}).plot()
with tempfile.TemporaryFile() as out:
    plot.savefig(out)
    sys.exit(out.tell() < 1000)
"""


@click.command()
@click.option(
    "--architecture",
    type=click.Choice(["arm64", "x86_64", "own"]),
    default="arm64",
    show_default=True,
    help="The template's parameter; `own` is this machine's, on which the functions can then be imported.",
)
@click.option("--if-possible", is_flag=True, help=f"Without Python {MINOR}, say so and succeed.")
@click.option("--find", "only_find", is_flag=True, help=f"Print where Python {MINOR} is, and build nothing.")
def main(*, architecture: str, if_possible: bool, only_find: bool) -> None:
    """Build, compile, measure. Exits with 1 beyond a budget."""
    python = find()
    if python is None:
        told = f"Python {MINOR}, the functions' runtime, is neither on the PATH nor in pyenv"
        if if_possible:
            print(f"Not built: {told}")
            return
        sys.exit(f"{told}; install it")
    if only_find:
        print(python)
        return
    own = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    chosen = own if architecture == "own" else architecture
    sandbox_layer.build(chosen, python)
    sam(python, chosen)
    cut()
    compiled(python)
    if architecture in ("own", own):
        imported(python)
    if any(line.endswith("OVER BUDGET") for line in sizes()):
        sys.exit("over budget")


def find() -> Path | None:
    """Find the runtime's Python: on the PATH, else the newest in pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    known = [Path(path)] if (path := shutil.which(f"python{MINOR}")) else []
    candidates = [*known, *sorted(pyenv.glob(f"{MINOR}.*/bin/python{MINOR}"), reverse=True)]
    return next((python for python in candidates if _runs(python)), None)


def _runs(python: Path) -> bool:
    """Whether it is a Python with pip; a shim of pyenv may stand for none."""
    command = [str(python), "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() == MINOR


def sam(python: Path, architecture: str) -> None:
    """Let the SAM CLI gather what goes into each function and into the layer."""
    command = [str(SAM), "build", "--parameter-overrides", f"Architecture={architecture}"]
    environ = {**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def cut() -> None:
    """Leave out botocore's descriptions of services that nothing here calls, and what no interpreter opens."""
    for folder in (BUILT / LAYER / "python/botocore/data").iterdir():
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
    for path in list((BUILT / LAYER).rglob("*")):
        if path.suffix in UNREAD:
            path.unlink(missing_ok=True)  # or in such a folder
        elif path.name == "tests" and path.is_dir():
            shutil.rmtree(path)


def compiled(python: Path) -> None:
    """Leave bytecode that no clock can make stale: /var/task is read-only, so Lambda would not keep its own."""
    for stray in BUILT.rglob("__pycache__"):
        shutil.rmtree(stray)
    command = [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(BUILT)]
    subprocess.run(command, check=True)


def imported(python: Path) -> None:
    """Import each function from what was built alone."""
    documents = sandbox_layer.BUILT / "python"
    for folder in sorted(path for path in BUILT.iterdir() if (path / "app.py").exists()):
        layers = documents if folder.name == SANDBOX else BUILT / LAYER / "python"
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(layers)}
        before = time.perf_counter()
        subprocess.run([str(python), "-c", "import app"], cwd=folder, env=environ, check=True)
        print(f"{folder.name:24}imports in {(time.perf_counter() - before) * 1000:5.0f} ms, its process included")
    environ = {"PYTHONPATH": str(BUILT / LAYER / "python")}
    subprocess.run([str(python), "-c", CLIENTS, *SERVICES], env=environ, check=True)
    print("The core layer makes a client of each service that is called")
    environ = {"PYTHONPATH": str(documents), "MPLBACKEND": "Agg"}
    subprocess.run([str(python), "-W", "ignore", "-c", DOCUMENTS], env=environ, check=True)
    print("The sandbox's layer draws a chart")


def sizes() -> list[str]:
    """Print what each part weighs, and give the lines."""
    lines = []
    print(f"{'':24}{'zipped, MB':>12}{'unzipped, MB':>14}{'budget':>14}")
    for folder in [*sorted(path for path in BUILT.iterdir() if path.is_dir()), sandbox_layer.BUILT]:
        packed, whole = _weigh(folder)
        most = BUDGETS.get(folder.name, BUDGET)
        line = f"{folder.name:24}{packed:>12.2f}{whole:>14.2f}{f'{most[0]:g} / {most[1]:g}':>14}"
        lines.append(line + ("  OVER BUDGET" if packed > most[0] or whole > most[1] else ""))
        print(lines[-1])
    return lines


def _weigh(folder: Path) -> tuple[float, float]:
    out, whole = io.BytesIO(), 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
                whole += path.stat().st_size
    return len(out.getvalue()) / 1e6, whole / 1e6


if __name__ == "__main__":
    main()
