"""What the template promises: names that agree, routes that stream, variables and policies that fit the settings."""

import json
import re
import time
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from moto import mock_aws

from dev.applier import UnknownType, apply
from dev.deployment import folder
from dev.emulated import ACCOUNT, emulated
from dev.gateway import Route, routes
from dev.routes import apps
from dev.template import Stack, transformed, written
from walkaway_core.aws.sandbox import STAGING
from walkaway_core.dialects import DIALECTS
from walkaway_core.doors import DOORS
from walkaway_core.http import docs
from walkaway_core.settings import Settings, variables

ROOT = Path(__file__).parents[2]
OF_EVENTS = ("stream", "events/stream", "threads/{thread}/stream")
STREAMED = {
    ("POST", "/v1/sessions/{session}/messages"),
    ("GET", "/v1/sessions/{session}/messages"),
    ("GET", "/v1/sessions/{session}/events"),
    ("GET", "/v1/events"),
    ("GET", "/v1/sessions/{session}/responses/{response_id}/events"),
    ("GET", "/v1/sessions/{session}/files/{path+}"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/responses/compact"),
    ("GET", "/v1/responses/{response_id}"),
    ("GET", "/v1/files/{file}/content"),
    *(("GET", f"{mount}/v1/sessions/{{session}}/{way}") for mount in ("", "/managed") for way in OF_EVENTS),
    ("GET", "/managed/v1/files/{file}/content"),
    ("GET", "/api/v1/runs/{run}/stream"),
    ("GET", "/api/agent/{agent_id}/status/{task_id}/events"),
}
PAGES = {"/", "/console", "/console/{file}", "/docs", *(f"/docs/{name}" for name in docs.FILES)}
UNDOCUMENTED = PAGES | {dialect.document for dialect in DIALECTS}
PORT_OF = {
    "WALKAWAY_TABLE": "Table",
    "WALKAWAY_BUCKET": "Workspace",
    "WALKAWAY_STATE_MACHINE": "Machine",
    "WALKAWAY_BUS": "Bus",
    "WALKAWAY_SANDBOX": "Sandbox",
    "WALKAWAY_QUEUE": "Queue",
}
"""What the names of a port's policies begin with; whether they are the right ones is in test_access.py."""
READING = {"DeliverWebhookFunction": {"WebhooksReading"}, "SweepFunction": {"FailuresReading"}}
"""Which queues a function is invoked with the messages of."""
MOST_POLICIES = 10
"""How many managed policies a role may have where nobody has asked for more (IAM quotas)."""
AMAZONS = {"service-role/AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"}
"""Policies of AWS's own that reach nothing but logs and traces."""
ALARMS = {"UndeliveredAlarm", "SweepAlarm", "ExecutionsAlarm", "ThrottlesAlarm", "ApiAlarm"}
SANDBOX = "SandboxFunction"
CHOICES = {"AnthropicKeyParameter": "/walkaway/key", "Bedrock": "yes", "Model": "bedrock/some.model"}


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack()


@pytest.fixture(scope="module")
def found(stack: Stack) -> list[Route]:
    return list(routes(stack))


def functions(stack: Stack) -> dict[str, dict[str, Any]]:
    return {name: stack.resolved(name) for name, _ in stack.resources("AWS::Lambda::Function")}


def environ(function: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = function.get("Environment", {}).get("Variables", {})
    return found


def test_exactly_the_long_and_the_large_answers_are_streamed(found: list[Route]) -> None:
    assert {(route.method, route.path) for route in found if route.streamed} == STREAMED
    assert {route.function for route in found if route.streamed} == {"StreamFunction"}
    assert {(route.method, route.function) for route in found if not route.streamed} == {("*", "ApiFunction")}


def test_no_route_is_an_event_of_a_function() -> None:
    """Each would add a permission to the function's policy, and a question to `sam deploy --guided`."""
    resources = written()["Resources"].values()
    kinds = {event["Type"] for one in resources for event in one["Properties"].get("Events", {}).values()}
    assert kinds == {"ScheduleV2"}


def test_a_buffered_door_streams_nothing() -> None:
    assert not [route for route in routes(Stack({"StreamDoor": "buffered"})) if route.streamed]


def test_the_template_has_the_apps_paths_and_no_others(found: list[Route]) -> None:
    greedy = re.compile(r"(/\{path|/v1/models/\{model)\}")
    documented = {greedy.sub(r"\1+}", path) for app in apps().values() for path in app.openapi()["paths"]}
    below = {"/managed/{path+}", *(path for _, path in STREAMED if path.startswith("/managed/"))}
    assert {route.path for route in found if route.method == "*"} == documented | UNDOCUMENTED | below


@pytest.mark.parametrize(("door", "milliseconds", "seconds"), [("adapter", 900_000, 600), ("buffered", 29_000, 20)])
def test_a_stream_ends_before_the_platform_cuts_it(door: str, milliseconds: int, seconds: int) -> None:
    stack = Stack({"StreamDoor": door})
    paths = stack.resolved("Api")["Body"]["paths"]
    for method, path in STREAMED:
        assert paths[path][method.lower()]["x-amazon-apigateway-integration"]["timeoutInMillis"] == milliseconds
    function = stack.resolved("StreamFunction")
    assert function["Timeout"] == 900
    assert function["Environment"]["Variables"]["WALKAWAY_STREAM_SECONDS"] == str(seconds)
    held = int(function["Environment"]["Variables"]["WALKAWAY_HOLD_SECONDS"])
    assert seconds <= held <= milliseconds / 1000 - 9


def test_the_api_may_invoke_both_functions(stack: Stack) -> None:
    allowed = {stack.resolved(name)["FunctionName"] for name, _ in stack.resources("AWS::Lambda::Permission")}
    assert allowed == {"ApiFunction.Ref", "StreamFunction.Ref"}


def test_states_folders_resources_and_placeholders_agree(stack: Stack) -> None:
    text = (ROOT / "statemachines/agent_turn.asl.json").read_text()
    placeholders = set(re.findall(r"\$\{(\w+)Arn\}", text))
    substitutions = stack.template["Resources"]["TurnStateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert {f"{name}Arn": {"Fn::GetAtt": [name, "Arn"]} for name in placeholders} == substitutions
    assert placeholders == {f"{name}Function" for name in DOORS}
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    written_functions = {
        name: resource["Properties"]["CodeUri"]
        for name, resource in written()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert written_functions == {name: f"functions/{folder(name)}" for name in written_functions}
    assert {folder(name) for name in written_functions} == folders
    assert placeholders <= set(written_functions)


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*/app.py")), ids=lambda path: path.parent.name)
def test_a_function_is_a_door_of_at_most_twenty_lines(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith('"""')
    assert len(lines) <= 20


@pytest.mark.parametrize(
    "parameters", [{}, CHOICES, {"StreamDoor": "buffered"}], ids=["defaults", "choices", "buffered"]
)
def test_a_functions_variables_are_those_that_its_settings_read(parameters: dict[str, str]) -> None:
    for name, properties in functions(Stack(parameters)).items():
        given = environ(properties)
        ours = {variable for variable in given if not variable.startswith("AWS_")}
        assert ours == set(variables(folder(name))), name
        Settings.read(given, folder(name))


def test_a_function_has_the_policies_of_the_ports_that_it_uses(stack: Stack) -> None:
    for name in functions(stack):
        attached = stack.resolved(f"{name}Role").get("ManagedPolicyArns", ())
        own = {policy.removesuffix(".Ref") for policy in attached if not policy.startswith("arn:")}
        ports = {PORT_OF[v] for v in variables(folder(name)) if v in PORT_OF}
        assert {re.match("[A-Z][a-z]+", policy)[0] for policy in own - READING.get(name, set())} == ports, name  # type: ignore[index]
        assert own >= READING.get(name, set()), name
        assert len(attached) <= MOST_POLICIES, name
        assert {policy.partition(":policy/")[2] for policy in attached if policy.startswith("arn:")} <= AMAZONS, name
        assert "Policies" not in stack.resolved(f"{name}Role") or name == SANDBOX


def test_the_key_and_bedrock_are_for_the_function_that_calls_models_alone() -> None:
    stack = Stack(CHOICES)
    for name in functions(stack):
        attached = set(stack.resolved(f"{name}Role").get("ManagedPolicyArns", ()))
        expected = {"KeyAccess.Ref", "BedrockAccess.Ref"} if name == "CallModelFunction" else set()
        assert attached & {"KeyAccess.Ref", "BedrockAccess.Ref"} == expected
    assert stack.resolved("ApiFunction")["Environment"]["Variables"]["WALKAWAY_PROVIDERS"] == "anthropic,bedrock"
    statements = stack.resolved("BedrockAccess")["PolicyDocument"]["Statement"]
    actions = {
        action for s in statements for action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])
    }
    wanted = {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream", "bedrock-mantle:CreateInference"}
    assert actions == wanted


def test_nobody_is_allowed_everything(stack: Stack) -> None:
    for name, _ in stack.resources("AWS::IAM::ManagedPolicy"):
        for statement in stack.resolved(name)["PolicyDocument"]["Statement"]:
            assert "*" not in json.dumps(statement["Action"]), name
            assert statement["Resource"] != "*", name


def test_the_layer_brings_an_sdk_that_knows_the_tenant_of_a_call() -> None:
    pins = dict(line.split("==") for line in (ROOT / "layers/core/requirements.txt").read_text().splitlines())
    assert pins["boto3"] == boto3.__version__, "what is asked here is what is deployed"
    described = botocore.session.get_session().get_service_model("lambda").operation_model("Invoke").input_shape
    assert described is not None
    assert "TenantId" in described.members


@pytest.mark.parametrize(("architecture", "layer"), [("arm64", "Arm64"), ("x86_64", "X86")])
def test_the_stream_door_is_the_adapter_of_the_architecture(architecture: str, layer: str) -> None:
    properties = Stack({"Architecture": architecture}).resolved("StreamFunction")
    assert properties["Handler"] == "run.sh"
    assert properties["Layers"][1].endswith(f":layer:LambdaAdapterLayer{layer}:30")
    assert properties["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/bootstrap"
    assert (ROOT / "functions/stream/run.sh").stat().st_mode & 0o111 == 0o111


def test_a_buffered_door_needs_no_adapter_and_ends_its_streams_in_time() -> None:
    properties = Stack({"StreamDoor": "buffered"}).resolved("StreamFunction")
    assert properties["Handler"] == "app.handler"
    assert len(properties["Layers"]) == 1
    given = properties["Environment"]["Variables"]
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in given
    assert int(given["WALKAWAY_STREAM_SECONDS"]) < 29


def test_what_is_stored_is_kept_and_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    with emulated():
        applied = apply(Stack())
        table, bucket = applied.ref("Table"), applied.ref("Bucket")
        dynamo, s3 = boto3.client("dynamodb"), boto3.client("s3")
        ttl = dynamo.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        backups = dynamo.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        encrypted = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert all(blocked.values())
    assert encrypted[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert lifecycle[0]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    assert (lifecycle[1]["Filter"]["Prefix"], lifecycle[1]["Expiration"]["Days"]) == (f"{STAGING}/", 1)
    for name in ("Table", "Bucket"):
        resource = applied.stack.template["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize(("choice", "guarded"), [({}, False), ({"DeletionProtection": "yes"}, True)])
def test_the_table_is_guarded_against_being_deleted_for_those_who_ask(choice: dict[str, str], *, guarded: bool) -> None:
    assert Stack(choice).resolved("Table")["DeletionProtectionEnabled"] is guarded


def test_what_would_be_paid_for_or_lost_by_default_is_not(stack: Stack) -> None:
    (settings,) = stack.resolved("ApiprodStage")["MethodSettings"]
    assert not settings.get("MetricsEnabled"), "each method's own metrics are billed; those of the stage are not"
    again = stack.resolved("SweepFunctionEventInvokeConfig")
    assert (again["MaximumRetryAttempts"], again["MaximumEventAgeInSeconds"]) == (0, 60)
    for name, function in functions(stack).items():
        assert function.get("LoggingConfig", {}).get("SystemLogLevel", "INFO") == "INFO", name


def test_a_change_of_a_parameter_reaches_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    """API Gateway goes on with what was deployed until there is a new deployment, which is one of another name."""
    names = []
    for now in (1, 2):
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda now=now: now)
            names += [name for name, _ in Stack(template=transformed()).resources("AWS::ApiGateway::Deployment")]
    assert len(set(names)) == 2


def test_the_rate_of_requests_is_the_operators(stack: Stack) -> None:
    (settings,) = stack.resolved("ApiprodStage")["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == "1000"
    (settings,) = Stack({"RequestRate": "20"}).resolved("ApiprodStage")["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == "20"


def test_alarms_are_there_for_an_address_alone(stack: Stack) -> None:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::SNS::Topic")
    assert not [name for kind in kinds for name, _ in stack.resources(kind)]
    told = Stack({"AlarmEmail": "ops@example.com"})
    assert told.resolved("Alarms")["Subscription"] == [{"Protocol": "email", "Endpoint": "ops@example.com"}]
    alarms = {name: told.resolved(name) for name, _ in told.resources("AWS::CloudWatch::Alarm")}
    assert set(alarms) == ALARMS
    assert all(alarm["AlarmActions"] == alarm["OKActions"] == ["Alarms.Ref"] for alarm in alarms.values())
    watched = [metric["MetricStat"]["Metric"] for metric in alarms["UndeliveredAlarm"]["Metrics"][1:]]
    queues = {f"{name}.QueueName" for name, _ in told.resources("AWS::SQS::Queue")}
    mine = {f"{mapping['EventSourceArn'].partition('.')[0]}.QueueName" for mapping in mappings(told)}
    assert {metric["Dimensions"][0]["Value"] for metric in watched} == queues - mine, "every queue that nobody reads"


def test_a_stack_that_runs_can_be_updated(stack: Stack) -> None:
    """CloudFormation makes what is new first, and Lambda refuses a second mapping of a queue and a function."""
    named = {name for name, _ in stack.resources("AWS::Lambda::EventSourceMapping")}
    assert named == {"DeliverWebhookFunctionMessages", "SweepFunctionFailures"}, "as SAM named them up to 0.1.0"


def mappings(stack: Stack) -> list[dict[str, Any]]:
    return [stack.resolved(name) for name, _ in stack.resources("AWS::Lambda::EventSourceMapping")]


def test_failures_reach_the_sweep_and_what_nobody_takes_is_kept(stack: Stack) -> None:
    rule = stack.resolved("FailedExecutions")
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert "EventBusName" not in rule, "Step Functions reports on the default bus"
    assert rule["Targets"][0]["DeadLetterConfig"]["Arn"] == "UntoldFailures.Arn"
    assert stack.resolved("FailedExecutionsQueue")["RedrivePolicy"]["deadLetterTargetArn"] == "DeadLetters.Arn"


@pytest.mark.parametrize(
    ("queue", "function"), [("FailedExecutionsQueue", "SweepFunction"), ("WebhooksQueue", "DeliverWebhookFunction")]
)
def test_what_a_function_fails_on_comes_again_and_then_stays(stack: Stack, queue: str, function: str) -> None:
    (mapping,) = (found for found in mappings(stack) if found["EventSourceArn"] == f"{queue}.Arn")
    limit = mapping.get("ScalingConfig", {}).get("MaximumConcurrency")
    tries = stack.resolved(queue)["RedrivePolicy"]["maxReceiveCount"]
    assert limit or tries >= 20, "what is throttled counts as received"
    assert limit is None or limit >= 2
    (reading,) = stack.resolved(next(iter(READING[function])))["PolicyDocument"]["Statement"]
    assert reading["Resource"] == f"{queue}.Arn", "and no other queue of the account"
    assert mapping["FunctionName"] == f"{function}.Ref"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    timeout = stack.resolved(function)["Timeout"]
    assert stack.resolved(queue)["VisibilityTimeout"] >= 6 * timeout, "as Lambda's guide asks"
    assert stack.resolved(queue)["RedrivePolicy"]["deadLetterTargetArn"] == "DeadLetters.Arn"


def test_everything_that_the_bus_is_told_goes_to_webhooks(stack: Stack) -> None:
    rule = stack.resolved("Happenings")
    assert (rule["EventBusName"], rule["EventPattern"]) == ("Bus.Ref", {"source": ["walkaway"]})
    assert rule["Targets"][0]["Arn"] == "WebhooksQueue.Arn"
    assert rule["Targets"][0]["DeadLetterConfig"]["Arn"] == "UntoldHappenings.Arn"
    (statement,) = stack.resolved("QueuePolicy")["PolicyDocument"]["Statement"]
    assert "WebhooksQueue.Arn" in statement["Resource"]
    assert "Happenings.Arn" in statement["Condition"]["ArnEquals"]["aws:SourceArn"]


def test_an_archive_is_there_for_those_who_ask(stack: Stack) -> None:
    assert not list(stack.resources("AWS::Events::Archive"))
    archive = Stack({"EventArchiveDays": "7"}).resolved("EventArchive")
    assert (archive["SourceArn"], archive["RetentionDays"]) == ("Bus.Arn", "7")


def test_two_stacks_of_one_account_do_not_meet() -> None:
    one, two = Stack({"AWS::StackName": "one"}), Stack({"AWS::StackName": "two"})
    named = ("Name", "StateMachineName", "FunctionName", "BucketName", "TableName", "QueueName", "LogGroupName")
    for name, _ in one.resources():
        for field in named:
            mine, other = one.resolved(name), two.resolved(name)
            assert field not in mine or mine[field] != other[field] or ".Ref" in str(mine[field]), (name, field)


def test_a_resource_that_nobody_knows_is_refused_before_anything_is_made() -> None:
    stack = Stack()
    template = {**stack.template, "Resources": {**stack.template["Resources"], "New": {"Type": "AWS::New::Thing"}}}
    with mock_aws(), pytest.raises(UnknownType, match="New: AWS::New::Thing"):
        apply(Stack(template=template))
