"""Builds the console from `console/` into the package that serves it: `python -m dev.console`.

`--check` says whether what is there is what the sources make. It builds only where these have changed since, or with
`--always`, as CI asks for: so who changes nothing there needs no node. Packed files are compared unpacked, since
compressors differ. `--watch` builds again at each change.
"""

import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from dev import node

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "console"
CLIENT = ROOT / "clients/typescript/src"
PACKAGE = ROOT / "layers/core/walkaway_console"
STATIC = PACKAGE / "static"
DIGEST = PACKAGE / "sources.sha256"
"""Says what the files were built from."""
PLAIN = ("html", "js", "css", "svg", "txt")
SERVED = ("html", "js", "css", "svg")
MOST = {"js": 60_000, "css": 12_000}
"""Bytes that a file may have, packed, by its kind: of each the first page needs one."""


def sources() -> Iterator[Path]:
    """Go through all that the build reads, in one order."""
    named = (SOURCES / name for name in ("build.mjs", "package.json", "package-lock.json", "tsconfig.json"))
    yield from named
    for folder in (SOURCES / "src", CLIENT):
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def digest() -> str:
    """Hash the sources, with their names."""
    found = hashlib.sha256()
    for path in sources():
        found.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def built() -> Mapping[str, bytes]:
    """Check types, build, and give the files by name. Raises SystemExit where that goes wrong."""
    with tempfile.TemporaryDirectory() as folder:
        _run(str(SOURCES / "node_modules/typescript/bin/tsc"), "--noEmit")
        _run("build.mjs", folder)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def _run(*arguments: str) -> None:
    if subprocess.run(node.command(*arguments), cwd=SOURCES, env=node.environ(), check=False).returncode:
        sys.exit(f"The console cannot be built: {Path(arguments[0]).name} failed")


def is_there(made: Mapping[str, bytes]) -> bool:
    """Say whether just these files are there, each packed as well."""
    names = {path.name for path in STATIC.iterdir() if not path.name.endswith(".gz")}
    return names == made.keys() and all(_same(STATIC / name, text) for name, text in made.items())


def _same(path: Path, text: bytes) -> bool:
    if path.read_bytes() != text:
        return False
    packed = path.with_name(f"{path.name}.gz")
    return path.suffix[1:] not in SERVED or (packed.exists() and gzip.decompress(packed.read_bytes()) == text)


def write(made: Mapping[str, bytes]) -> None:
    """Put the files there in the place of others. Raises SystemExit for one that is larger than it may be."""
    for name, text in made.items():
        most = MOST.get(name.rpartition(".")[2], len(text))
        if (packed := len(gzip.compress(text))) > most:
            sys.exit(f"{name} has {packed} bytes packed, and may have {most}")
    STATIC.mkdir(exist_ok=True)
    for path in STATIC.iterdir():
        path.unlink()
    for name, text in made.items():
        (STATIC / name).write_bytes(text)
        if name.endswith(SERVED):
            (STATIC / f"{name}.gz").write_bytes(gzip.compress(text, mtime=0))


def make() -> None:
    """Build, and put the files there if they are other ones."""
    now, made = digest(), built()
    if not is_there(made):
        write(made)
    DIGEST.write_text(f"{now}\n")


def watch() -> None:
    """Build whenever the sources change, until somebody ends it; what is wrong with them is shown."""
    last = ""
    while True:
        if (now := digest()) != last:
            last = now
            try:
                make()
                print("built", *sorted(path.name for path in STATIC.iterdir() if path.suffix == ".js"))
            except SystemExit as wrong:
                print(wrong)
        time.sleep(0.3)


def main() -> None:
    """Write, check, or watch."""
    now = digest()
    same = DIGEST.exists() and DIGEST.read_text().strip() == now
    if "--watch" in sys.argv:
        watch()
    if "--check" not in sys.argv:
        make()
    elif not same:
        sys.exit("stale: layers/core/walkaway_console; run `make console`")
    elif ("--always" in sys.argv or os.environ.get("CI")) and not is_there(built()):
        sys.exit("layers/core/walkaway_console/static is not what console/ makes; run `make console`")


if __name__ == "__main__":
    main()
