"""Builds what a Lambda function works with, from its environment, at its first event."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from walkaway_core.aws import bus, carrier, containers, invoking, lines, machine, parameter, sandbox, table, workspace
from walkaway_core.aws.metrics import EmbeddedMetrics
from walkaway_core.aws.quota import BucketQuota
from walkaway_core.dialects import DIALECTS
from walkaway_core.errors import Unavailable
from walkaway_core.http.dialect import Dialect, extensions
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.ports import patience, subject
from walkaway_core.ports.clock import Clock, SystemClock, TimeIds
from walkaway_core.ports.ends import HeldEnds
from walkaway_core.ports.metrics import NoMetrics
from walkaway_core.ports.sandbox import NoSandbox, Sandbox
from walkaway_core.ports.shares import Shares
from walkaway_core.programs import HTTP
from walkaway_core.settings import MEGABYTE, SettingError, Settings
from walkaway_core.store import format, keys  # noqa: A004 - the word for it
from walkaway_core.store.ends import TableEnds
from walkaway_core.store.places import TablePlaces
from walkaway_core.store.services import Services

if TYPE_CHECKING:
    from walkaway_core.http.gateway import Staged
    from walkaway_core.ports.table import Table

_built: dict[str, Services] = {}
_apps: "dict[str, Staged]" = {}
_spoken: list[Dialect] = [*DIALECTS]


def services(function: str) -> Services:
    """Give the services of a function, by its folder's name.

    Raises SettingError, and WrongFormat for a table that a newer version has written.
    """
    if function not in _built:
        lines.prepare()
        seconds = table.HASTY if function in HTTP else table.PATIENT
        built = build(Settings.read(os.environ, function), dialects=_spoken, seconds=seconds)
        if built.settings.table:
            _check_format(built, marks=function == "sweep")
        _built[function] = built
    return _built[function]


@contextmanager
def at_work(function: str, context: Any, ticket: Mapping[str, Any] = MappingProxyType({})) -> Iterator[Services]:
    """Give the services of a function that is invoked; what it logs names the request, and the turn of the ticket.

    Raises SettingError and WrongFormat.
    """
    ids = {"session": ticket.get("session", ""), "turn": ticket.get("turn", "")}
    with subject.about(request=context.aws_request_id, **ids):
        try:
            yield services(function)
        except Exception as error:
            # The runtime writes the error itself, with its traceback, and knows of no turn.
            logging.getLogger(__name__).warning("%s ends with %s", function, type(error).__name__)
            raise


def app(function: str) -> "Staged":
    """Give the HTTP app of a function. It always asks for a key. Raises SettingError."""
    from walkaway_core.http import cors
    from walkaway_core.http.access import Keyring
    from walkaway_core.http.app import create_app
    from walkaway_core.http.gateway import Staged
    from walkaway_core.http.request_ids import RequestIds

    if function not in _apps:
        world = services(function)
        chooser = create_app(world, Keyring({}, world.table, world.clock), _spoken)
        _apps[function] = Staged(RequestIds(cors.opened(chooser, world.settings.allow_origin)))
    return _apps[function]


@contextmanager
def use(given: Mapping[str, Services], dialects: Sequence[Dialect] = DIALECTS) -> Iterator[None]:
    """Let functions have these services, and speak these dialects, for the length of a block."""
    before = dict(_built)
    _built.update(given)
    _apps.clear()
    _spoken[:] = dialects
    try:
        yield
    finally:
        _built.clear()
        _built.update(before)
        _apps.clear()
        _spoken[:] = DIALECTS


def build(
    settings: Settings,
    clock: Clock | None = None,
    dialects: Sequence[Dialect] = DIALECTS,
    *,
    seconds: float = table.PATIENT,
) -> Services:
    """Build the ports for which there are settings; the others say what is missing when they are used.

    Answers of the table and the bucket are waited for so many seconds.
    """
    clock = clock or SystemClock()
    s3: Any = workspace.connect(seconds) if settings.bucket else None
    dynamo = table.DynamoTable(table.connect(seconds), settings.table, clock) if settings.table else None
    files = _port(settings.bucket, "WALKAWAY_BUCKET", lambda name: _files(settings, s3, name, dynamo, clock))
    return Services(
        table=dynamo or cast("Table", _Missing("WALKAWAY_TABLE")),
        trouble=dynamo.trouble if dynamo else str,
        workspace=files,
        machine=_port(
            settings.state_machine,
            "WALKAWAY_STATE_MACHINE",
            lambda arn: machine.StepFunctionsMachine(machine.connect(), arn),
        ),
        bus=_port(settings.bus, "WALKAWAY_BUS", lambda name: bus.EventBridgeBus(bus.connect(), name)),
        model=AnthropicModel(settings, _key(settings)),
        clock=clock,
        ids=TimeIds(),
        settings=settings,
        sandbox=_sandbox(settings, s3, files),
        extensions=extensions(dialects),
        ends=TableEnds(dynamo, clock) if dynamo else HeldEnds(),
        shares=Shares(tools=TablePlaces(dynamo, clock, settings.tenant_tools)) if dynamo else Shares(),
        metrics=EmbeddedMetrics(settings.metrics, clock) if settings.metrics else NoMetrics(),
        carrier=_port(settings.queue, "WALKAWAY_QUEUE", lambda url: carrier.SqsCarrier(carrier.connect(), url)),
    )


def _check_format(built: Services, *, marks: bool) -> None:
    """Look at the table's number, once in the life of a process; the sweep, which keeps nobody waiting, writes it."""
    try:
        with patience.within(patience.REQUEST):
            format.check_table(built.table, built.settings.table)
            if marks:
                format.mark_table(built.table)
    except Unavailable:
        logging.getLogger(__name__).exception("the format of the table could not be looked at")


def _files(settings: Settings, s3: Any, bucket: str, dynamo: "Table | None", clock: Clock) -> workspace.S3Workspace:
    """Give the workspace; tenants have a share of it where there is a table to count it in."""
    if dynamo is None:
        return workspace.S3Workspace(s3, bucket)
    return BucketQuota(s3, bucket, dynamo, clock, keys.stored, settings.tenant_storage * MEGABYTE)


def _sandbox(settings: Settings, s3: Any, files: Any) -> Sandbox:
    if not settings.sandbox:
        return _Elsewhere(settings, s3)
    invoke = invoking.invoker(invoking.connect(), settings.sandbox)
    return sandbox.LambdaSandbox(s3, settings.bucket, files, invoke, links=settings.sandbox_links)


def _port(value: str, variable: str, make: Callable[[str], Any]) -> Any:
    return make(value) if value else _Missing(variable)


def _key(settings: Settings) -> Callable[[], str] | None:
    name = settings.api_key_parameter
    return parameter.Parameter(parameter.connect(), name) if name else None


class _Missing:
    """Stands for a port that this function was given no settings for, and so has no business with."""

    def __init__(self, variable: str) -> None:
        self._variable = variable

    def __getattr__(self, name: str) -> Any:
        raise SettingError(f"{self._variable} is not set, so {name}() cannot be called here")


class _Elsewhere(NoSandbox):
    """Sandbox: for functions that run no commands, and only ask whether the agent can, and what it finds."""

    def __init__(self, settings: Settings, s3: Any) -> None:
        super().__init__("WALKAWAY_SANDBOX is not set, so no command can be run here")
        self._settings = settings
        self._s3 = s3

    def problem(self) -> str | None:
        """Nothing is missing: RunTool has one in every stack."""
        return None

    def places(self) -> Mapping[str, str]:
        """Say where RunTool's has them."""
        return sandbox.places(links=self._settings.sandbox_links)

    def discard(self, root: str, keep: str) -> None:
        """Remove it: that takes the bucket alone."""
        containers.Containers(self._s3, self._settings.bucket).discard(root, keep)
