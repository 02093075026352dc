"""The built stack, deployed by the SAM CLI into ministack, an emulator of AWS that speaks CloudFormation.

What is wrong with ministack 1.5, and so is not asked of it here: binary bodies are mangled, answers of the gateway's
own are another service's (403), tenant isolation is dropped, nothing streams, names of exceptions are lost to the
machine's retriers, links name the host that was asked. Routes that take any method it drops, too; those are put in.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

from dev.build import SAM
from dev.template import ROOT, written
from tests.kit.servers import end, free_port

PYTHON = ROOT / ".venv-stack/bin/python"
REGION = "us-east-1"
NAME = "walkaway"
PATIENCE = 120.0


@dataclass(frozen=True)
class Stack:
    """A deployed stack: where it is, what it is made of, and whoever asks AWS about it."""

    environ: Mapping[str, str]
    outputs: Mapping[str, str]
    url: str

    def client(self, service: str) -> Any:
        options = {"region_name": REGION, "endpoint_url": self.environ["AWS_ENDPOINT_URL"]}
        return boto3.client(service, aws_access_key_id="x", aws_secret_access_key="x", **options)  # type: ignore[call-overload]

    def key(self, tenant: str) -> str:
        """Make an API key as one does behind a deployment."""
        command = [sys.executable, "-m", "walkaway", "keys", "create", tenant, "--table", self.outputs["Table"]]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=True)
        return next(word for word in done.stdout.split() if word.startswith("wk_"))


@contextmanager
def deployed(folder: Path) -> Iterator[Stack]:
    """Start ministack in a folder of its own, and deploy what `make build` has built."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WALKAWAY_"))}
    (folder / "sandbox").mkdir()
    account = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": REGION}
    nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "SAM_CLI_TELEMETRY": "0"}
    environ = {**own, **account, **nobody, "AWS_ENDPOINT_URL": address, "NO_PROXY": "127.0.0.1"}
    # Functions are processes of this machine and get this environment, too: what the sandbox may empty stands in it.
    inside = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "WALKAWAY_SANDBOX_ROOT": str(folder / "sandbox")}
    bare = {name: value for name, value in own.items() if name != "PYTHONPATH"} | {"TMPDIR": str(folder)}
    with (folder / "ministack.log").open("w") as log:
        process = subprocess.Popen(
            [PYTHON, "-m", "ministack"],
            cwd=folder, env={**bare, **account, **inside}, stdout=log, stderr=log, text=True,
        )  # fmt: skip
    try:
        _wait(address, process)
        _deploy(environ)
        yield _found(environ, address)
    finally:
        end(process)


def _wait(address: str, process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            httpx.get(f"{address}/_ministack/health", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("ministack never answered; ministack.log says why")


def _deploy(environ: Mapping[str, str]) -> None:
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    command = [
        str(SAM), "deploy", "--stack-name", NAME, "--region", REGION, "--no-confirm-changeset", "--no-progressbar",
        "--parameter-overrides", "StreamDoor=buffered", f"Architecture={architecture}",
    ]  # fmt: skip
    clean = {name: value for name, value in environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def _found(environ: Mapping[str, str], address: str) -> Stack:
    stack = Stack(environ, {}, "")
    (described,) = stack.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    api = outputs["Url"].removeprefix("https://").partition(".")[0]
    _take_any_method(stack, api)
    return Stack(environ, outputs, f"{address}/restapis/{api}/prod/_user_request_")


def _take_any_method(stack: Stack, api: str) -> None:
    """Put in what the emulator leaves out of the API's body: `x-amazon-apigateway-any-method`."""
    gateway = stack.client("apigateway")
    function = stack.client("cloudformation").describe_stack_resource(StackName=NAME, LogicalResourceId="ApiFunction")
    name = function["StackResourceDetail"]["PhysicalResourceId"]
    arn = stack.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
    paths = written()["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
    for resource in gateway.get_resources(restApiId=api, limit=500)["items"]:
        if "x-amazon-apigateway-any-method" not in paths.get(resource["path"], {}):
            continue
        where = {"restApiId": api, "resourceId": resource["id"], "httpMethod": "ANY"}
        gateway.put_method(**where, authorizationType="NONE")
        gateway.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
