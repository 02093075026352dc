"""Brings the examples that come with the clients which are installed: out of their source archives, by the lock's hash.

They are not ours, so they are unpacked into `.sdk-examples/`, and are in no commit.
"""

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".sdk-examples"
LOCK = ROOT / "requirements.lock"
CLIENTS = ("openai", "anthropic")


def pinned(client: str) -> str:
    """Give the lines of the lock that pin a client."""
    found = re.search(rf"^{client}==.*(?:\n +--hash=.*)+", LOCK.read_text(), re.MULTILINE)
    assert found, f"requirements.lock pins no {client}"
    return found[0]


def folder(client: str) -> Path | None:
    """Find the examples of a client's pinned version, if they are there."""
    here = FOLDER / pinned(client).split()[0].replace("==", "-") / "examples"
    return here if here.is_dir() else None


def bring(client: str) -> None:
    """Bring a client's examples, if they are not there; where that is impossible, say so."""
    if folder(client):
        return
    with tempfile.TemporaryDirectory() as told:
        wanted = Path(told) / "wanted.txt"
        wanted.write_text(pinned(client))
        options = ["--no-deps", "--no-binary", client, "--no-build-isolation", "--require-hashes"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *options]
        done = subprocess.run([*command, "-r", str(wanted), "-d", told], capture_output=True, text=True, check=False)
        archive = next(Path(told).glob("*.tar.gz"), None)
        if archive is None:
            print(f"The examples of {client} cannot be had, and will not be tried: {done.stderr.strip()[-300:]}")
            return
        for old in FOLDER.glob(f"{client}-*"):
            shutil.rmtree(old, ignore_errors=True)
        with tarfile.open(archive) as packed:
            packed.extractall(FOLDER, filter="data")


def main() -> None:
    """Bring those of all clients."""
    for client in CLIENTS:
        bring(client)


if __name__ == "__main__":
    main()
