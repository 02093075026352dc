"""Builds the console from `console/` into the package that serves it: `python -m dev.console`.

`--check` says whether what is there is what the sources make. It builds only where these have changed since, or with
`--always`, as CI asks for: so who changes nothing there needs no node. Packed files are compared unpacked, since
compressors count with fractions, and processors differ in these. `--watch` builds again at each change.
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
MOST = {"js": 60_000, "css": 6_700}
"""Bytes that all files of a kind may have together, packed."""
FIRST = 48_000
"""Of scripts, what the first page needs: it is the largest file."""
PACKING = "import sys, zopfli.gzip as z; sys.stdout.buffer.write(z.compress(sys.stdin.buffer.read()))"


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


def packed(text: bytes) -> bytes:
    """Pack as tightly as gzip's format lets it. Raises SystemExit where what does that is not there."""
    line = [str(ROOT / ".venv-web/bin/python"), "-c", PACKING]
    done = subprocess.run(line, input=text, capture_output=True, check=False)
    if done.returncode:
        sys.exit("The console cannot be packed: make .venv-web/.ready")
    return done.stdout


def large(sizes: Mapping[str, int]) -> list[str]:
    """Say of which kind there is more than there may be, of packed files by their names."""
    kinds = {kind: [size for name, size in sizes.items() if name.endswith(f".{kind}.gz")] for kind in MOST}
    wrong = [
        f"{sum(kinds[kind])} bytes of {kind}; {most} may be" for kind, most in MOST.items() if sum(kinds[kind]) > most
    ]
    if max(kinds["js"], default=0) > FIRST:
        wrong.append(f"{max(kinds['js'])} bytes of js for the first page; {FIRST} may be")
    return wrong


def write(made: Mapping[str, bytes]) -> None:
    """Put the files there in the place of others. Raises SystemExit where they are larger than they may be."""
    both = {**made, **{f"{name}.gz": packed(text) for name, text in made.items() if name.endswith(SERVED)}}
    if wrong := large({name: len(text) for name, text in both.items()}):
        sys.exit("The console is too large, packed: " + "; ".join(wrong))
    STATIC.mkdir(exist_ok=True)
    for path in STATIC.iterdir():
        path.unlink()
    for name, text in both.items():
        (STATIC / name).write_bytes(text)


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
    elif wrong := large({path.name: path.stat().st_size for path in STATIC.iterdir()}):
        sys.exit("layers/core/walkaway_console/static is too large: " + "; ".join(wrong))
    elif ("--always" in sys.argv or os.environ.get("CI")) and not is_there(built()):
        sys.exit("layers/core/walkaway_console/static is not what console/ makes; run `make console`")


if __name__ == "__main__":
    main()
