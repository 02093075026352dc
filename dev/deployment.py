"""An applied stack at work in this process: its functions with their own settings, its queue and its schedule."""

import asyncio
import importlib
import json
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import botocore.client
from moto.awslambda_simple.models import LambdaSimpleBackend

from dev import policies
from dev.access import Access
from dev.applier import Applied
from dev.calls import Listener, heard
from dev.emulated import replaced
from dev.sandbox import Sandboxes
from walkaway_core import deployed
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.dialect import Dialect
from walkaway_core.ports.clock import Clock
from walkaway_core.settings import Settings

if TYPE_CHECKING:
    from walkaway_core.store.services import Services

SERIAL = {"dynamodb", "s3", "sqs", "events"}
"""moto isolates neither transactions nor threads: calls of these services run one at a time."""

SANDBOX, IMAGE = "sandbox", "SandboxImageFunction"
"""The folder of the function that never runs in this process, since it empties the temporary directory; the same as an
image."""


@dataclass(frozen=True)
class Function:
    """A function of the template: its folder, and the variables that it gets."""

    name: str
    folder: str
    environ: Mapping[str, str]

    def call(self, event: Any) -> Any:
        """Call the real handler, as Lambda does: JSON in, JSON out."""
        module = importlib.import_module(f"functions.{self.folder}.app")
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)  # Mangum runs its app in the thread's own
        try:
            answer = module.handler(json.loads(json.dumps(event)), _Context(self.name))
            return json.loads(json.dumps(answer))
        finally:
            asyncio.set_event_loop(None)
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()


@dataclass(frozen=True)
class _Context:
    function_name: str
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = ""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 900_000


def functions(applied: Applied) -> dict[str, Function]:
    """The functions of a stack. Their folders follow from their names: `CallModelFunction` is `call_model`."""
    by_name = {}
    for name, _ in applied.stack.resources("AWS::Lambda::Function"):
        environ = applied.stack.resolved(name).get("Environment", {}).get("Variables", {})
        by_name[name] = Function(name, folder(name), environ)
    return by_name


def folder(function: str) -> str:
    """Tell the folder of a function resource."""
    word = function.removesuffix("ImageFunction").removesuffix("Function")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in word).lstrip("_")


class Deployment:
    """What happens in a deployed stack by itself, on the calls of an emulated account."""

    def __init__(
        self,
        applied: Applied,
        environ: Mapping[str, str],
        clock: Clock | None = None,
        dialects: Sequence[Dialect] = DIALECTS,
    ) -> None:
        self.applied = applied
        self.functions = functions(applied)
        own = [function for function in self.functions.values() if function.folder != SANDBOX]
        self.access = Access({one.folder: policies.of_role(applied.stack, f"{one.name}Role") for one in own})
        self.listeners: list[Listener] = [self.access]
        self.services: dict[str, Services] = {}
        for one in own:
            with heard(one.folder, self.listeners):
                settings = Settings.read({**one.environ, **environ}, one.folder)
                self.services[one.folder] = deployed.build(settings, clock, dialects)
        self.sandboxes = Sandboxes("image" if IMAGE in self.functions else "")
        self.crash_next: dict[str, int] = {}
        """How often a function, by its folder, breaks down before it does anything."""
        self.at_work: list[str] = []  # the folders of functions that are invoked now

    def invoke(self, name: str, event: Any, tenant: str = "") -> Any:
        """Invoke a function by its name. Raises what its handler raises.

        `tenant` chooses the environment of the one function that has tenant isolation, and is always its own process.
        """
        function = self.functions[name]
        if self.crash_next.get(function.folder, 0):
            self.crash_next[function.folder] -= 1
            raise RuntimeError(f"{name} broke down")
        if function.folder == SANDBOX:
            return self.sandboxes.invoke(tenant, event)
        self.at_work.append(function.folder)
        try:
            return function.call(event)
        finally:
            self.at_work.remove(function.folder)

    def close(self) -> None:
        """Close what the functions' services hold open; Lambda itself never does."""
        self.sandboxes.close()
        for services in self.services.values():
            held: Any
            for held in (services.table, services.model):
                held.close()

    def schedule(self) -> Any:
        """Let a minute's schedule fire."""
        (schedule,) = (
            self.applied.stack.resolved(n) for n, _ in self.applied.stack.resources("AWS::Scheduler::Schedule")
        )
        return self.invoke(_function_of(schedule["Target"]["Arn"]), {})

    def poll(self) -> int:
        """Take what waits in the queues that functions read, as an event source mapping does; give how much it was."""
        client, count = boto3.client("sqs"), 0
        for name, _ in self.applied.stack.resources("AWS::Lambda::EventSourceMapping"):
            mapping = self.applied.stack.resolved(name)
            url = client.get_queue_url(QueueName=mapping["EventSourceArn"].rpartition(":")[2])["QueueUrl"]
            batch = client.receive_message(QueueUrl=url, MaxNumberOfMessages=mapping["BatchSize"]).get("Messages", [])
            if not batch:
                continue
            count += len(batch)
            failed = self.invoke(mapping["FunctionName"], {"Records": [_record(message) for message in batch]})
            kept = {item["itemIdentifier"] for item in (failed or {}).get("batchItemFailures", ())}
            for message in batch:
                if message["MessageId"] not in kept:
                    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return count


@contextmanager
def at_work(
    applied: Applied,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    dialects: Sequence[Dialect] = DIALECTS,
) -> Iterator[Deployment]:
    """Put a stack to work: what invokes a function in the account calls its handler here.

    `environ` overrides the functions' variables.
    """
    deployment = Deployment(applied, environ or {}, clock, dialects)
    with ExitStack() as stack:
        stack.enter_context(deployed.use(deployment.services, dialects))
        stack.enter_context(replaced(LambdaSimpleBackend, "invoke", as_lambda(deployment.invoke)))
        stack.enter_context(one_at_a_time())
        stack.enter_context(stop_ends_waiting())
        stack.callback(deployment.close)
        yield deployment


def as_lambda(invoke: Callable[[str, Any, str], Any]) -> Callable[..., bytes]:
    """Make moto's Lambda call functions by name, payload and tenant here, and report errors as Lambda does."""

    def answer(_: Any, name: str, __: Any, body: str, asked: Any, headers: dict[str, str]) -> bytes:
        try:
            tenant = (asked or {}).get("X-Amz-Tenant-Id", "")
            return json.dumps(invoke(name.rpartition(":")[2], json.loads(body), tenant)).encode()
        except Exception as error:  # noqa: BLE001 - the caller decides what it means
            headers["x-amz-function-error"] = "Unhandled"
            trace = traceback.format_exc().splitlines()
            told = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}
            return json.dumps(told).encode()

    return answer


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let calls of the services that moto does not isolate run one at a time."""
    lock = threading.RLock()
    original: Any = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001

    def serial(self: Any, operation: str, arguments: Any) -> Any:
        if self.meta.service_model.service_name not in SERIAL:
            return original(self, operation, arguments)
        with lock:
            return original(self, operation, arguments)

    with replaced(botocore.client.BaseClient, "_make_api_call", serial):
        yield


@contextmanager
def stop_ends_waiting() -> Iterator[None]:
    """Let StopExecution end what waits for a task token, as the service does; moto's would run for ever."""
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeSuccess
    from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker  # a second to import

    original = ExecutionWorker.stop

    def stop(self: Any, **arguments: Any) -> None:
        original(self, **arguments)
        for token, endpoint in list(self.env.callback_pool_manager._pool.items()):  # noqa: SLF001
            endpoint.notify(CallbackOutcomeSuccess(token, "{}"))

    with replaced(ExecutionWorker, "stop", stop):
        yield


def _function_of(arn: str) -> str:
    return arn.rpartition(":")[2]


def _record(message: Any) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {},
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "",
        "awsRegion": "",
    }
