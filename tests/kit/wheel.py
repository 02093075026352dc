"""The built wheel in an environment that has nothing but it and what it requires."""

import email
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def installed(folder: Path) -> Path:
    """Build the wheel, and install it; give the environment's Python."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "empty", symlinks=True)
    (packages,) = (folder / "empty").glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(packages)
    (metadata,) = packages.glob("walkaway-*.dist-info/METADATA")
    said = email.message_from_string(metadata.read_text())
    _link(packages, said.get_all("Requires-Dist", []))
    return folder / "empty/bin/python"


def _link(packages: Path, requirements: list[str]) -> None:
    """Take what is required, with what that requires, from this environment."""
    left, seen = list(requirements), set[str]()
    while left:
        wanted = Requirement(left.pop())
        if wanted.name in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        seen.add(wanted.name)
        found = distribution(wanted.name)
        left += found.requires or []
        for file in found.files or []:
            top = Path(str(found.locate_file(file.parts[0])))
            target = packages / file.parts[0]
            if file.parts[0] != ".." and not target.exists():
                target.symlink_to(top)
