"""`make deploy`: builds and deploys; asks for the parameters at the first time, and keeps to the answers afterwards.

`sam deploy --guided` writes the answers into a file that git ignores. Later deployments read them there: given on the
command line, parameters would replace all answers, and the others would go back to the template's defaults.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dev.account import place
from dev.build import SAM
from dev.template import ROOT

ANSWERS = "deployment.toml"
"""The file's name, beside samconfig.toml, of which it begins as a copy."""
DEPLOY = "[default.deploy.parameters]"
"""The part of it that `sam deploy` reads."""
DEFAULT = "arm64"


@click.command()
@click.option("--architecture", type=click.Choice(["arm64", "x86_64"]), help="Change what the functions run on.")
@click.option("--tags", help="`name=value …` for everything that is made; kept, and replaced when given again.")
@click.option("--again", is_flag=True, help="Ask for everything again, and offer what was answered.")
def main(*, architecture: str | None, tags: str | None, again: bool) -> None:
    """Deploy into your AWS account."""
    answers = ROOT / ANSWERS
    if not answers.exists():
        shutil.copy(ROOT / "samconfig.toml", answers)
    if architecture:
        change(answers, architecture)
    if tags is not None:
        tag(answers, tags)
    given = answered(answers)
    there = place(region(answers))
    click.echo(f"Account {there.account}, {there.region}, as {there.caller}")
    chosen = given.get("Architecture", architecture or DEFAULT)
    if subprocess.run([sys.executable, "-m", "dev.build", "--architecture", chosen], cwd=ROOT, check=False).returncode:
        sys.exit("Nothing was deployed")
    if given and not again:
        click.echo(f"Deploying with the answers in {ANSWERS}; `make deploy AGAIN=yes` asks again")
    sys.exit(subprocess.run([SAM, *arguments(answers, given, chosen, again=again)], cwd=ROOT, check=False).returncode)


def answered(answers: Path) -> dict[str, str]:
    """Read the parameters that a guided deployment has saved; none when there was none."""
    given = _kept(answers).get("parameter_overrides", "")
    pairs = shlex.split(given if isinstance(given, str) else " ".join(given))
    return dict(pair.split("=", 1) for pair in pairs)


def region(answers: Path) -> str | None:
    """Read the Region that a guided deployment has saved; None when there was none."""
    return _kept(answers).get("region")


def _kept(answers: Path) -> dict[str, Any]:
    kept: dict[str, Any] = tomllib.loads(answers.read_text())
    found: dict[str, Any] = kept.get("default", {}).get("deploy", {}).get("parameters", {})
    return found


def change(answers: Path, architecture: str) -> None:
    """Write another architecture into the answers; nothing where none has been given yet."""
    changed = re.sub(r'(\bArchitecture=\\?"?)\w+', rf"\g<1>{architecture}", answers.read_text())
    answers.write_text(changed)


def tag(answers: Path, tags: str) -> None:
    """Write tags into the answers, in place of those that are there. Raises ClickException for what are none."""
    if not all(re.fullmatch(r"[^=\s]+=.*", pair) for pair in shlex.split(tags)):
        raise click.ClickException(f"tags are written name=value, with a blank between two; {tags!r} are none")
    others = re.sub(r"^tags = .*\n", "", answers.read_text(), flags=re.MULTILINE)
    answers.write_text(others.replace(f"{DEPLOY}\n", f"{DEPLOY}\ntags = {json.dumps(tags)}\n"))


def arguments(answers: Path, given: Mapping[str, str], architecture: str, *, again: bool) -> Sequence[str]:
    """Say what `sam` is called with: at the first time the architecture is offered, for the build is made for it."""
    command = ["deploy", "--config-file", str(answers)]
    if not given:
        return [*command, "--guided", "--parameter-overrides", f"Architecture={architecture}"]
    return [*command, "--guided"] if again else command


if __name__ == "__main__":
    main()
