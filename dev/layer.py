"""Writes the requirements.txt of each layer: what its functions import, in the versions of requirements.lock.

`--check` only says whether it is stale. Both use the installed packages' own metadata, so neither needs an index.
"""

import re
import sys
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LAYERS = {"core": ("lambda", ["httpx2", "pydantic"]), "sandbox": ("documents", [])}
"""Which extra each layer has, and what of the client's own dependencies its functions share."""
RUNTIME = {
    "python_version": "3.13",
    "python_full_version": "3.13.0",
    "platform_machine": "aarch64",
    "sys_platform": "linux",
    "os_name": "posix",
    "platform_system": "Linux",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}


def wanted(extra: str, shared: list[str]) -> str:
    """The file as it must be."""
    entries: set[str] = set()
    todo = [*_required("walkaway", extra, only=True), *map(Requirement, shared)]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for wish in ("", *requirement.extras):
            if f"{name}[{wish}]" not in entries:
                entries.add(f"{name}[{wish}]")
                todo += _required(name, wish, only=name == "walkaway")
    pins = _pins()
    names = sorted({entry.partition("[")[0] for entry in entries} - {"walkaway"})
    return "".join(f"{name}=={pins[name]}\n" for name in names)


def _required(name: str, extra: str, *, only: bool = False) -> list[Requirement]:
    """What a package requires in the Lambda runtime, with an extra or, if `only`, for nothing but the extra."""
    requirements = [Requirement(text) for text in requires(name) or ()]
    with_it = [r for r in requirements if r.marker is None or r.marker.evaluate({**RUNTIME, "extra": extra})]
    if not only:
        return with_it
    without = {str(r) for r in requirements if r.marker is None or r.marker.evaluate({**RUNTIME, "extra": ""})}
    return [r for r in with_it if str(r) not in without]


def _pins() -> dict[str, str]:
    """The versions of the lock, those for the runtime's Python where it has several."""
    pins: dict[str, str] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        match = re.match(r"([a-z0-9._-]+)==([^ ;]+)(?: ; (.+?))?(?: \\)?$", line)
        if match and (not match[3] or Requirement(f"x ; {match[3]}").marker.evaluate(RUNTIME)):  # type: ignore[union-attr]
            pins[canonicalize_name(match[1])] = match[2]
    return pins


def main() -> None:
    """Write, or check."""
    for name, (extra, shared) in LAYERS.items():
        target = ROOT / "layers" / name / "requirements.txt"
        text = wanted(extra, shared)
        if target.exists() and target.read_text() == text:
            continue
        if "--check" in sys.argv:
            sys.exit(f"stale: {target.relative_to(ROOT)}; run `make lock`")
        target.write_text(text)


if __name__ == "__main__":
    main()
