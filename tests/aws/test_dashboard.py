"""The dashboard shows what there is: metrics that functions write, or that AWS has of resources of the stack."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dev.template import PSEUDO, Stack
from walkaway_core.aws.metrics import DIMENSION, NAMESPACE
from walkaway_core.ports.metrics import METRICS

ALARMED = {"AlarmEmail": "ops@example.com"}
AMAZONS = {
    ("AWS/Lambda", "FunctionName"): {"Errors", "Throttles", "Duration"},
    ("AWS/States", "StateMachineArn"): {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"},
    ("AWS/DynamoDB", "TableName"): {"ReadThrottleEvents", "WriteThrottleEvents"},
    ("AWS/SQS", "QueueName"): {"ApproximateNumberOfMessagesVisible"},
    ("AWS/ApiGateway", "ApiName", "Stage"): {"4XXError", "5XXError", "Latency"},
}
"""Metrics by namespace and dimensions. Sources: Lambda developer guide, Types of metrics for Lambda functions; Step
Functions developer guide, Monitoring metrics, Execution metrics; DynamoDB developer guide, Metrics and dimensions; SQS
developer guide, Available CloudWatch metrics; API Gateway developer guide, REST API metrics and dimensions."""
RESOURCES = {
    "FunctionName": ("AWS::Lambda::Function", "Ref"),
    "StateMachineArn": ("AWS::StepFunctions::StateMachine", "Ref"),
    "TableName": ("AWS::DynamoDB::Table", "Ref"),
    "QueueName": ("AWS::SQS::Queue", "QueueName"),
}
"""Whose name, and by which attribute, is the value of a dimension (CloudFormation, return values)."""
MOST = 50
"""Metrics of a dashboard in the free tier (CloudWatch pricing)."""
COLUMNS = 24

Shown = tuple[str, str, tuple[tuple[str, str], ...], dict[str, str]]
"""A metric: namespace, name, dimensions, how it is shown."""


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(ALARMED)


@pytest.fixture(scope="module")
def widgets(stack: Stack) -> list[dict[str, Any]]:
    ((name, _),) = stack.resources("AWS::CloudWatch::Dashboard")
    found: list[dict[str, Any]] = json.loads(stack.resolved(name)["DashboardBody"])["widgets"]
    return found


def shown(widgets: list[dict[str, Any]]) -> Iterator[Shown]:
    for widget in widgets:
        for namespace, name, *rest in widget["properties"]["metrics"]:
            how = rest.pop() if isinstance(rest[-1], dict) else {}
            yield namespace, name, tuple(zip(rest[::2], rest[1::2], strict=True)), how


def test_there_is_one_for_an_address_alone(stack: Stack) -> None:
    assert not list(Stack().resources("AWS::CloudWatch::Dashboard"))
    assert [name for name, _ in stack.resources("AWS::CloudWatch::Dashboard")] == ["Dashboard"]


def test_its_name_is_free_for_each_stack_of_an_account(stack: Stack) -> None:
    other = Stack({**ALARMED, "AWS::Region": "us-east-1"})
    assert len({one.resolved("Dashboard")["DashboardName"] for one in (stack, other)}) == 2


def test_each_of_its_metrics_is_there(stack: Stack, widgets: list[dict[str, Any]]) -> None:
    ours = {metric.name for metric in METRICS}
    for namespace, name, dimensions, _ in shown(widgets):
        if namespace == NAMESPACE:
            assert name in ours
            assert dimensions == ((DIMENSION, PSEUDO["AWS::StackName"]),)
            continue
        assert name in AMAZONS[namespace, *(dimension for dimension, _ in dimensions)]
        for dimension, value in dimensions:
            if dimension in RESOURCES:
                kind, attribute = RESOURCES[dimension]
                assert value in {f"{resource}.{attribute}" for resource, _ in stack.resources(kind)}, name
            elif dimension == "ApiName":
                assert value == stack.resolved("Api")["Body"]["info"]["title"]
            else:
                assert value == stack.resolved("ApiprodStage")["StageName"]


def test_it_shows_all_that_is_counted_and_no_more_than_is_free(widgets: list[dict[str, Any]]) -> None:
    distinct = {(namespace, name, dimensions) for namespace, name, dimensions, _ in shown(widgets)}
    assert {name for namespace, name, _ in distinct if namespace == NAMESPACE} == {metric.name for metric in METRICS}
    assert len(distinct) <= MOST


def test_it_shows_every_function_every_queue_that_nobody_reads_and_what_alarms_look_at(
    stack: Stack, widgets: list[dict[str, Any]]
) -> None:
    everything = {(name, value) for _, name, dimensions, _ in shown(widgets) for _, value in dimensions}
    for function, _ in stack.resources("AWS::Lambda::Function"):
        assert {("Errors", f"{function}.Ref"), ("Throttles", f"{function}.Ref")} <= everything
    for name, _ in stack.resources("AWS::CloudWatch::Alarm"):
        alarm = stack.resolved(name)
        watched = [alarm] if "MetricName" in alarm else [one["MetricStat"]["Metric"] for one in alarm["Metrics"][1:]]
        for metric in watched:
            assert {(metric["MetricName"], each["Value"]) for each in metric["Dimensions"]} <= everything, name


def test_durations_are_counted_by_their_samples(widgets: list[dict[str, Any]]) -> None:
    """A sum of seconds would say nothing."""
    seconds = {metric.name for metric in METRICS if metric.unit == "Seconds"}
    for namespace, name, _, how in shown(widgets):
        if namespace == NAMESPACE:
            assert (how.get("stat", "Sum") != "Sum") == (name in seconds), name


def test_widgets_lie_beside_each_other_and_in_the_stacks_region(widgets: list[dict[str, Any]]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        x, y, width, height = (widget[name] for name in ("x", "y", "width", "height"))
        assert x + width <= COLUMNS
        place = {(x + column, y + row) for column in range(width) for row in range(height)}
        assert not place & taken, widget["properties"]["title"]
        taken |= place
        assert widget["properties"]["region"] == PSEUDO["AWS::Region"]
