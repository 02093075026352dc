"""Two shapes of the same system, as scenarios see them: the deployed stack in an emulated account, the local stack."""

import copy
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from samtranslator.yaml_helper import yaml_parse

from dev.applier import apply
from dev.deployment import Deployment, at_work
from dev.emulated import ACCOUNT, emulated
from dev.gateway import Gateway
from dev.rest_api import TEMPLATE, written_into
from dev.routes import everything, paths
from dev.template import Stack, transformed
from tests.kit.clock import ShiftedClock
from tests.kit.servers import KEYS, PATIENCE, Running, listening, running
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.dialect import Dialect
from walkaway_core.settings import Settings
from walkaway_core.store import api_keys, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services

MODEL = "test-model"
"""The model that a test scripts; the offline model answers sessions that name none."""


class Shape(Protocol):
    """What a scenario may do besides HTTP."""

    clock: ShiftedClock

    @property
    def url(self) -> str:
        """Where the API is."""
        ...

    @property
    def services(self) -> Services:
        """The services of what answers requests."""
        ...

    def client(self, tenant: str = "alpha") -> httpx.Client:
        """A client with a key of a tenant."""
        ...

    def is_at_work(self, function: str) -> bool:
        """Whether a function, by its folder, is invoked now."""
        ...

    def sweep(self) -> None:
        """Let the schedule come round."""
        ...

    def deliver(self) -> None:
        """Let what waits in queues be taken."""
        ...

    def report_failure(self, turn: TurnKey) -> None:
        """Let the machine report that the turn's execution was aborted."""
        ...


@dataclass
class Local:
    """The local stack."""

    server: Running
    clock: ShiftedClock

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def services(self) -> Services:
        return self.server.stack.services

    def client(self, tenant: str = "alpha") -> httpx.Client:
        key = next(key for key, owner in KEYS.items() if owner == tenant)
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE)

    def is_at_work(self, function: str) -> bool:
        """What ends a call takes less than the second until the next sweep."""
        del function
        return False

    def sweep(self) -> None:
        """Its own thread sweeps each second."""

    def deliver(self) -> None:
        """Its own threads take it at once."""

    def report_failure(self, turn: TurnKey) -> None:
        found = turns.load(self.services, turn)
        assert found
        self.server.stack._failed(found.ticket.json(), "States.Aborted", "stopped by hand")


@dataclass
class Deployed:
    """The deployed stack."""

    gateway: str
    clock: ShiftedClock
    deployment: Deployment

    @property
    def url(self) -> str:
        return f"{self.gateway}/prod"

    @property
    def services(self) -> Services:
        return self.deployment.services["api"]

    def client(self, tenant: str = "alpha") -> httpx.Client:
        key, _ = api_keys.create(self.services.table, self.clock, tenant)
        return httpx.Client(base_url=self.url, headers={"X-API-Key": key}, timeout=PATIENCE)

    def is_at_work(self, function: str) -> bool:
        return function in self.deployment.at_work

    def sweep(self) -> None:
        self.deployment.schedule()

    def deliver(self) -> None:
        while self.deployment.poll():
            pass

    def report_failure(self, turn: TurnKey) -> None:
        """Put the event that Step Functions puts (developer guide, EventBridge), and let the queue be read."""
        found = turns.load(self.services, turn)
        assert found
        machine = self.deployment.applied.ref("TurnStateMachine")
        detail = {
            "executionArn": f"{machine.replace(':stateMachine:', ':execution:')}:{found.execution_name}",
            "stateMachineArn": machine,
            "name": found.execution_name,
            "status": "ABORTED",
            "input": json.dumps(found.ticket.json()),
            "inputDetails": {"included": True},
            "output": None,
            "error": "States.Aborted",
            "cause": "stopped by hand",
        }
        kind = "Step Functions Execution Status Change"
        entry: Any = {"Source": "aws.states", "DetailType": kind, "Detail": json.dumps(detail)}
        boto3.client("events").put_events(Entries=[entry])
        assert self.deployment.poll() >= 1


@contextmanager
def local(data: Path, model_url: str, dialects: Sequence[Dialect] = DIALECTS) -> Iterator[Local]:
    clock = ShiftedClock()
    settings = Settings(base_url=model_url, keys=KEYS, rehearsal_delay=0)
    with running(data, settings, clock, dialects=dialects) as server:
        yield Local(server, clock)


@contextmanager
def deployed(
    model_url: str, dialects: Sequence[Dialect] = DIALECTS, parameters: Mapping[str, str] | None = None
) -> Iterator[Deployed]:
    clock = ShiftedClock()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in [*os.environ]:
            if name.startswith("AWS_"):
                patch.delenv(name)
        for name, value in ACCOUNT.items():
            patch.setenv(name, value)
        stack.enter_context(emulated())
        patch.setenv("AWS_ENDPOINT_URL_S3", stack.enter_context(s3_over_a_socket()))
        applied = apply(Stack({"AnthropicBaseUrl": model_url, **(parameters or {})}, template_of(dialects)))
        work = stack.enter_context(at_work(applied, {"WALKAWAY_REHEARSAL_DELAY": "0"}, clock, dialects))
        url = stack.enter_context(listening(Gateway(work)))
        yield Deployed(url, clock, work)
        settle(work)
        assert work.access.refused == [], "a role of the template does not allow what its function does"


def template_of(dialects: Sequence[Dialect]) -> dict[str, Any]:
    """The template as `make docs` writes it for these dialects; for ours, it is written once."""
    return copy.deepcopy(_ours()) if dialects is DIALECTS else _written(dialects)


@cache
def _ours() -> dict[str, Any]:
    return _written(DIALECTS)


def _written(dialects: Sequence[Dialect]) -> dict[str, Any]:
    owned = tuple(dialect.mount for dialect in dialects if dialect.mount)
    return transformed(yaml_parse(written_into(TEMPLATE.read_text(), paths(everything(dialects), owned))))


@contextmanager
def s3_over_a_socket() -> Iterator[str]:
    """Serve the emulated account's S3, so that the sandbox, a process of its own, can reach what it is sent to."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


def settle(work: Deployment) -> None:
    """Wait until no execution runs: a thread that outlives the emulated account would find none."""
    client = boto3.client("stepfunctions")
    machine = work.applied.ref("TurnStateMachine")
    for _ in range(600):
        if not client.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
            return
        threading.Event().wait(0.05)
    raise AssertionError("an execution still runs")


def until(holds: Callable[[], object], shape: Shape) -> None:
    """Let the schedule come and queues be taken until something holds."""
    for _ in range(200):
        shape.sweep()
        shape.deliver()
        if holds():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never came about")
