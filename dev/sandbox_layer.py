"""Builds dist/sandbox.zip, the layer of the sandbox function, for the runtime's Python on any machine.

Not by the SAM CLI, which packs what a link points to, and the layer has two that point to where commands work.
"""

import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from dev.template import ROOT

TARGET = ROOT / "dist/sandbox.zip"
BUILT = ROOT / "dist/sandbox"
SOURCES = ROOT / "layers/sandbox"
LINKS = {"sandbox/workspace": "/tmp/workspace", "container": "/tmp/.container"}  # noqa: S108 - a Lambda's own
"""What commands see as /opt/sandbox/workspace and /opt/container, and where that is."""
MINOR = "3.13"
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
"""Lambda's runtime is Amazon Linux 2023, with glibc 2.34."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same contents are the same archive."""


def build(architecture: str, python: Path | None) -> None:
    """Gather packages and sources, compile them if the runtime's Python is here, pack them."""
    shutil.rmtree(BUILT, ignore_errors=True)
    packages = BUILT / "python"
    command = [
        Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--target", packages, "--no-deps",
        "--python-version", MINOR, "--python-platform", PLATFORMS[architecture], "--only-binary", ":all:",
        "--requirement", SOURCES / "requirements.txt",
    ]  # fmt: skip
    subprocess.run(list(map(str, command)), check=True)
    _leave_out(packages)
    shutil.copytree(SOURCES / "walkaway_sandbox", packages / "walkaway_sandbox", ignore=shutil.ignore_patterns("__*__"))
    if python:
        compileall = [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(packages)]
        subprocess.run(compileall, check=False)  # a package may carry a file that is no Python of this version
    for name, place in LINKS.items():
        (BUILT / name).parent.mkdir(exist_ok=True)
        (BUILT / name).symlink_to(place)
    _pack()


def _leave_out(packages: Path) -> None:
    """Remove what nobody imports: the packages' own tests, stubs, and uv's notes."""
    for folder in [path for path in packages.rglob("tests") if path.is_dir()]:
        shutil.rmtree(folder)
    for pattern in ("*.pyi", "*.pyx", "*.pxd", ".lock"):
        for path in packages.rglob(pattern):
            path.unlink()
    shutil.rmtree(packages / "bin", ignore_errors=True)


def _pack() -> None:
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _entries():
            info = zipfile.ZipInfo(str(path.relative_to(BUILT)), LONG_AGO)
            info.create_system = 3  # Unix, so that Lambda sees a link as one
            if path.is_symlink():
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, str(path.readlink()))
            else:
                info.external_attr = (stat.S_IFREG | 0o755) << 16
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _entries() -> Iterator[Path]:
    return (path for path in sorted(BUILT.rglob("*")) if path.is_symlink() or path.is_file())
