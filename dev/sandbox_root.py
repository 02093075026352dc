"""A file system like a Lambda function's, by bubblewrap: a root that is read-only, `/tmp`, and the layer or image.

What the image links, `functions/sandbox/Dockerfile` says; it is read from there, since no image is built here.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from dev.sandbox_layer import LINKS

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "functions/sandbox/Dockerfile"
OURS = {"tmp", "mnt", "home", "opt", "workspace", "uploads", "proc", "dev"}
"""What is not taken from this machine's root as it is."""
ENVIRONMENT = {"PYTHONPATH": "/opt/task:/opt/python", "WALKAWAY_SANDBOX_ROOT": "/tmp"}  # noqa: S108 - a Lambda's own


def image_links() -> dict[str, str]:
    """Give the links that the image has."""
    return {link: target for target, link in re.findall(r"ln -sT? (/\S+) (/\S+)", DOCKERFILE.read_text())}


def inside(scratch: Path, shape: str, python: str, user: int | None) -> list[str]:
    """Give the command that runs this Python there, as another user if one is given."""
    links = image_links() if shape == "image" else {f"/opt/{link}": place for link, place in LINKS.items()}
    command = ["bwrap", "--die-with-parent", *_system(), "--ro-bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev"]
    command += ["--bind", str(scratch), "/tmp", "--dir", "/home", "--dir", "/opt/sandbox"]  # noqa: S108 - a Lambda's own
    command += ["--ro-bind", str(ROOT / "layers/sandbox"), "/opt/python"]
    command += ["--ro-bind", str(ROOT / "functions/sandbox"), "/opt/task"]
    if "/mnt" not in links:
        command += ["--dir", "/mnt"]
    for link, target in links.items():
        command += ["--symlink", target, link]
    command += ["--remount-ro", "/"]
    if user is not None:
        command += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    return [*command, str(Path(python).resolve())]


def _system() -> Iterator[str]:
    for entry in sorted(Path("/").iterdir()):
        if entry.name in OURS or not (entry.is_dir() or entry.is_symlink()):
            continue
        if entry.is_symlink():
            yield from ("--symlink", str(entry.readlink()), str(entry))
        else:
            yield from ("--ro-bind", str(entry), str(entry))
    prefix = Path(sys.base_prefix).resolve()
    if prefix.parts[1] in OURS:
        yield from ("--ro-bind", str(prefix), str(prefix))
