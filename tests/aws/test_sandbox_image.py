"""The sandbox function as an image: a parameter, and a Dockerfile, not built here, whose links are the places."""

import re
from pathlib import Path
from typing import Any

import pytest

from dev import sandbox_layer
from dev.deployment import IMAGE, SANDBOX, folder
from dev.sandbox_root import DOCKERFILE, image_links
from dev.template import ROOT, Stack
from tests.aws.test_dashboard import ALARMED
from walkaway_core.aws import sandbox
from walkaway_core.ports.containers import PLACES, UPLOADS, UPLOADS_LINK
from walkaway_core.ports.paths import MOUNT
from walkaway_sandbox import places

URI = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkaway-sandbox@sha256:" + "0" * 64
SUBNETS = {"SandboxSubnets": "subnet-1", "SandboxSecurityGroups": "sg-1"}
SAME = (
    *("Role", "Architectures", "MemorySize", "EphemeralStorage", "Timeout", "TracingConfig", "TenancyConfig"),
    *("LoggingConfig", "VpcConfig", "KmsKeyArn", "Environment"),
)


def names(stack: Stack) -> list[str]:
    return [name for name, _ in stack.resources("AWS::Lambda::Function") if folder(name) == SANDBOX]


@pytest.mark.parametrize("parameters", [{}, SUBNETS, {"KmsKey": "arn:aws:kms:eu-central-1:123456789012:key/1"}])
def test_it_is_the_same_function_but_for_its_code(parameters: dict[str, str]) -> None:
    plain, chosen = Stack(parameters), Stack({**parameters, "SandboxImage": URI})
    assert (names(plain), names(chosen)) == (["SandboxFunction"], [IMAGE])
    one, other = plain.resolved("SandboxFunction"), chosen.resolved(IMAGE)
    assert {name: one.get(name) for name in SAME} == {name: other.get(name) for name in SAME}
    assert (other["PackageType"], other["Code"]) == ("Image", {"ImageUri": URI})


def test_those_who_use_it_are_told() -> None:
    for parameters, name, links in (({}, "SandboxFunction", "no"), ({"SandboxImage": URI}, IMAGE, "yes")):
        stack = Stack({**ALARMED, **parameters})
        told = {one: stack.resolved(f"{one}Function")["Environment"]["Variables"] for one in ("RunTool", "CallModel")}
        assert told["RunTool"]["WALKAWAY_SANDBOX"] == f"{name}.Ref"
        assert {variables["WALKAWAY_SANDBOX_LINKS"] for variables in told.values()} == {links}
        (statement,) = stack.resolved("SandboxAccess")["PolicyDocument"]["Statement"]
        assert statement["Resource"] == f"{name}.Arn"
        assert stack.resolved("Dashboard")["DashboardBody"].count(f'"{name}.Ref"') == 3


@pytest.mark.parametrize(
    ("uri", "taken"), [("", True), (URI, True), ("docker.io/library/x", False), (f"{URI} x", False), ("x", False)]
)
def test_only_what_lambda_takes_is_an_image(uri: str, taken: bool) -> None:  # noqa: FBT001 - a row's
    assert bool(re.fullmatch(Stack().template["Parameters"]["SandboxImage"]["AllowedPattern"], uri)) == taken


def test_its_links_are_the_places_and_lead_to_what_can_be_written() -> None:
    links = image_links()
    linked = {place for place in PLACES if place != "/tmp"}
    assert {*linked, UPLOADS_LINK, str(places.LINK), MOUNT} == set(links)
    assert links == {
        **{place: f"/tmp/{places.NAME}{place}" for place in linked},
        UPLOADS_LINK: f"/tmp/{places.NAME}{UPLOADS}",
        **{f"/opt/{name}": place for name, place in sandbox_layer.LINKS.items()},
    }
    assert set(places.PLACES) == linked
    assert str(places.LINK) == sandbox.BELOW


def test_it_is_made_of_what_is_here() -> None:
    text = DOCKERFILE.read_text()
    sources = re.findall(r"^COPY (\S+) \S+$", text, re.MULTILINE)
    assert len(sources) == 3
    assert [source for source in sources if not (ROOT / source).exists()] == []
    plain: Any = Stack().resolved("SandboxFunction")
    version = plain["Runtime"].removeprefix("python")
    assert f"FROM public.ecr.aws/lambda/python:{version}\n" in text
    assert f'CMD ["{plain["Handler"]}"]' in text
    assert "PYTHONPATH=/opt/python" in text
    assert '"PYTHONPATH": "/opt/python"' in (Path(places.__file__).with_name("command.py")).read_text()
