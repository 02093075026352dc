"""The Metrics' contract, on both adapters; the embedded metric format, held against what Powertools writes."""

import io
import json
import sys
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from tests.kit.clock import HeldClock
from walkaway_core.aws.metrics import DIMENSION, NAMESPACE, EmbeddedMetrics
from walkaway_core.ports import subject
from walkaway_core.ports.metrics import COMPLETED, DELTA_LAG, METRICS, MODEL_TIME, Metric, Metrics, NoMetrics

ADAPTERS: Mapping[str, Any] = {"AWS": lambda: EmbeddedMetrics("stack", HeldClock()), "one machine": NoMetrics}


class Full(io.StringIO):
    """Standard output that takes nothing more."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def lines(said: str) -> list[dict[str, Any]]:
    assert said.endswith("\n")
    return [json.loads(line) for line in said.splitlines()]


@pytest.fixture(params=ADAPTERS)
def metrics(request: pytest.FixtureRequest) -> Metrics:
    made: Metrics = ADAPTERS[request.param]()
    return made


@pytest.mark.parametrize("output", [Full(), None], ids=["full", "closed"])
def test_what_cannot_be_kept_is_left_out_without_a_word(
    metrics: Metrics, output: io.StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if output is None:
        output = io.StringIO()
        output.close()
    monkeypatch.setattr(sys, "stdout", output)
    metrics.record({COMPLETED: 1})
    monkeypatch.undo()
    metrics.record({MODEL_TIME: float("nan")})


class TestEmbedded:
    @pytest.fixture
    def metrics(self, monkeypatch: pytest.MonkeyPatch) -> EmbeddedMetrics:
        nobodys = ContextVar[Mapping[str, str]](
            "nobodys", default=MappingProxyType({})
        )  # what other tests worked on is named still
        monkeypatch.setattr(subject, "_subject", nobodys)
        return EmbeddedMetrics("stack", HeldClock())

    def test_it_is_what_powertools_writes(self, metrics: EmbeddedMetrics, capsys: pytest.CaptureFixture[str]) -> None:
        metrics.record({MODEL_TIME: 1.5, COMPLETED: 1})
        (ours,) = lines(capsys.readouterr().out)
        theirs = EphemeralMetrics(namespace=NAMESPACE)
        theirs.add_dimension(DIMENSION, "stack")
        theirs.add_metric(MODEL_TIME.name, MetricUnit.Seconds, 1.5)
        theirs.add_metric(COMPLETED.name, MetricUnit.Count, 1)
        expected: dict[str, Any] = {**theirs.serialize_metric_set()}
        (described,) = expected["_aws"]["CloudWatchMetrics"]
        described["Dimensions"] = [[name for name in described["Dimensions"][0] if name != "service"]]
        expected["_aws"]["Timestamp"] = ours["_aws"]["Timestamp"]
        expected = {name: value[0] if isinstance(value, list) else value for name, value in expected.items()}
        assert ours == {name: value for name, value in expected.items() if name != "service"}

    def test_a_line_is_whole_whoever_else_writes(
        self, metrics: EmbeddedMetrics, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def write() -> None:
            for _ in range(200):
                metrics.record({DELTA_LAG: 0.25})

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        said = lines(capsys.readouterr().out)
        assert [line[DELTA_LAG.name] for line in said] == [0.25] * 800

    def test_what_is_worked_on_stands_beside_it_and_is_no_dimension(
        self, metrics: EmbeddedMetrics, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with subject.about(request="r", session="sess_1", turn="msg_1"):
            metrics.record({COMPLETED: 1})
        metrics.record({COMPLETED: 1})
        named, nameless = lines(capsys.readouterr().out)
        assert (named["requestId"], named["session"], named["turn"]) == ("r", "sess_1", "msg_1")
        assert set(nameless) == {"_aws", DIMENSION, COMPLETED.name}
        for line in (named, nameless):
            assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[DIMENSION]]


def test_there_are_no_more_than_an_account_has_free() -> None:
    """CloudWatch's free tier has ten custom metrics; each further one costs 0.30 USD in a month in which it is sent."""
    assert len({metric.name for metric in METRICS}) == len(METRICS) == 10


def test_names_collide_with_nothing_else_in_a_line() -> None:
    others = {"_aws", DIMENSION, "requestId", "session", "turn"}
    assert not others & {metric.name for metric in METRICS}
    assert all(isinstance(metric, Metric) and metric.unit in {unit.value for unit in MetricUnit} for metric in METRICS)
