"""Calls one function's handler in this process, against the account of `make aws-local`; no Docker needed."""

import json
import os
import sys
from contextlib import closing, redirect_stdout
from pathlib import Path

import click

from dev.aws_local import ENV_FILE
from dev.deployment import SANDBOX, Function, folder
from dev.sandbox import Sandboxes


@click.command()
@click.argument("function")
@click.argument("event", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--env-file", default=ENV_FILE, show_default=False, type=click.Path(path_type=Path))
def main(function: str, event: Path, env_file: Path) -> None:
    """Call FUNCTION, such as CallModelFunction, with the payload in EVENT; print what it answers."""
    if not env_file.exists():
        sys.exit(f"{env_file.name} is not there: run `make aws-local` in another terminal")
    known = json.loads(env_file.read_text())
    if function not in known:
        sys.exit(f"There is no function {function!r}; there are {', '.join(sorted(known))}")
    try:
        payload = json.loads(event.read_text())
    except ValueError as error:
        sys.exit(f"{event} is no JSON: {error}")
    if folder(function) == SANDBOX:
        with closing(Sandboxes()) as sandboxes:
            sandboxes.invoke("", payload)
        return
    os.environ.update(known[function])
    target = Function(function, folder(function), known[function])
    with redirect_stdout(sys.stderr):  # what a function writes there is its log
        answer = target.call(payload)
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
