"""`make deploy`: the SAM CLI, asked at the first time and not again; each parameter keeps its value."""

import base64
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import boto3
import click
import httpx
import pytest
from click.testing import CliRunner
from moto.moto_api import recorder
from moto.server import ThreadedMotoServer

from dev import deploy
from dev.build import SAM
from dev.emulated import ACCOUNT
from dev.template import ROOT
from tests.kit.servers import PATIENCE

TEMPLATE = """
Parameters:
  Architecture: {Type: String, Default: arm64, AllowedValues: [arm64, x86_64]}
  Model: {Type: String, Default: rehearsal}
  Note: {Type: String, Default: ""}
Resources: {Topic: {Type: AWS::SNS::Topic}}
"""
SOURCES = """
Resources: {SamCliSourceBucket: {Type: AWS::S3::Bucket}}
Outputs: {SourceBucket: {Value: {Ref: SamCliSourceBucket}}}
"""
"""What the SAM CLI keeps in an account for itself."""
Asked = Callable[[str], list[dict[str, str]]]
Deploy = Callable[..., tuple[list[str], str]]


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return Path(shutil.copy(ROOT / "samconfig.toml", tmp_path / deploy.ANSWERS))


@pytest.fixture
def run(answers: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deploy]:
    """Deploy as `make deploy` does; gives the arguments, and what the SAM CLI says that it deploys with."""
    if not SAM.exists():
        pytest.fail("the SAM CLI's environment is missing: `make test-deep` sets it up")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {**ACCOUNT, "AWS_ENDPOINT_URL": f"http://{host}:{port}", "SAM_CLI_TELEMETRY": "0"}.items():
        monkeypatch.setenv(name, value)
    httpx.post(
        f"http://{host}:{port}/moto-api/reset", timeout=PATIENCE
    ).raise_for_status()  # the account of the test before
    owner = [{"Key": "ManagedStackSource", "Value": "AwsSamCli"}]
    name = "aws-sam-cli-managed-default"
    boto3.client("cloudformation").create_stack(StackName=name, Tags=owner, TemplateBody=SOURCES)

    def once(typed: str = "", *, again: bool = False) -> tuple[list[str], str]:
        given = deploy.answered(answers)
        arguments = [*deploy.arguments(answers, given, given.get("Architecture", "arm64"), again=again)]
        command = [str(SAM), *arguments, "--template-file", "template.yaml"]
        asked = {"cwd": answers.parent, "env": dict(os.environ), "input": typed, "capture_output": True, "text": True}
        return arguments, subprocess.run(command, check=False, timeout=100, **asked).stdout  # type: ignore[call-overload]

    yield once
    server.stop()


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """Give what the SAM CLI asked CloudFormation for, by the name of the action."""
    monkeypatch.setattr(recorder, "_location", str(tmp_path / "recording"))
    recorder.start_recording()

    def found(action: str) -> list[dict[str, str]]:
        lines = (json.loads(line)["body"] for line in (tmp_path / "recording").read_text().splitlines())
        bodies = (dict(parse_qsl(base64.b64decode(line).decode(errors="replace"))) for line in lines)
        return [body for body in bodies if body.get("Action") == action]

    yield found
    recorder.stop_recording()


@pytest.mark.deep
def test_answers_are_asked_for_once_and_kept(run: Deploy, answers: Path) -> None:
    arguments, told = run("mine\neu-central-1\n\nclaude-sonnet-5-5\nit's \\o/\n" + "\n" * 6)
    assert "--guided" in arguments
    kept = {"Architecture": "arm64", "Model": "claude-sonnet-5-5", "Note": "it's \\o/"}
    assert deploy.answered(answers) == kept

    arguments, told = run()
    assert arguments == ["deploy", "--config-file", str(answers)], "nothing is asked, and nothing named anew"
    assert "mine" in told
    assert '"Model": "claude-sonnet-5-5"' in told

    deploy.change(answers, "x86_64")
    assert deploy.answered(answers) == {**kept, "Architecture": "x86_64"}
    assert '"Architecture": "x86_64", "Model": "claude-sonnet-5-5"' in run()[1]

    _, told = run("\n" * 12, again=True)
    assert "Parameter Model [claude-sonnet-5-5]" in told
    assert deploy.answered(answers) == {**kept, "Architecture": "x86_64"}


@pytest.mark.deep
def test_tags_are_given_once_and_kept(run: Deploy, answers: Path, asked: Asked) -> None:
    deploy.tag(answers, "team=agents cost-centre=42")
    run("mine\neu-central-1\n" + "\n" * 9)
    run()
    tags = [
        {made[f"Tags.member.{n}.Key"]: made[f"Tags.member.{n}.Value"] for n in (1, 2)}
        for made in asked("CreateChangeSet")
    ]
    assert tags == [{"team": "agents", "cost-centre": "42"}] * 2


def test_tags_replace_those_that_are_there(answers: Path) -> None:
    deploy.tag(answers, "a=1")
    deploy.tag(answers, 'team="agents" b=')
    deployed = tomllib.loads(answers.read_text())["default"]["deploy"]["parameters"]
    assert deployed.pop("tags") == 'team="agents" b='
    assert deployed == tomllib.loads((ROOT / "samconfig.toml").read_text())["default"]["deploy"]["parameters"]
    with pytest.raises(click.ClickException, match="name=value"):
        deploy.tag(answers, "team")


def test_nothing_is_changed_where_nothing_was_answered(answers: Path) -> None:
    before = answers.read_text()
    deploy.change(answers, "x86_64")
    assert answers.read_text() == before
    assert deploy.answered(answers) == {}
    first = deploy.arguments(answers, {}, "x86_64", again=False)
    assert first[-3:] == ["--guided", "--parameter-overrides", "Architecture=x86_64"]


def test_nothing_is_built_or_asked_where_no_region_is_named(answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(deploy, "ROOT", answers.parent)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it goes on"))
    done = CliRunner().invoke(deploy.main, [])
    assert done.exit_code == 1
    assert "no Region is named" in done.output
