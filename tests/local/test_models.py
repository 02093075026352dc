"""`walkaway models`: what is set up is listed and asked, what is not is named."""

import json
import os
import subprocess

from tests.kit import forked
from tests.kit.messages_api import MessagesApi, Reply


def models(*names: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    return forked.run(["walkaway", "models", *names], {**clean, **environ})


def test_without_a_key_there_is_the_offline_model() -> None:
    found = models()
    assert found.returncode == 0, found.stderr
    (line,) = found.stdout.splitlines()
    assert line.split()[:5] == ["rehearsal", "offline", "default", "$0/$0", "ok"]


def test_a_service_is_asked_with_one_tiny_call(model: MessagesApi) -> None:
    found = models(ANTHROPIC_BASE_URL=model.url, WALKAWAY_MODEL="my-model")
    assert found.returncode == 0, found.stderr
    line = found.stdout.splitlines()[1]
    assert line.startswith("my-model\t")
    assert all(word in line for word in (model.url, "default", "no price", "\tok\t"))
    raw = json.loads(models("--json", ANTHROPIC_BASE_URL=model.url, WALKAWAY_MODEL="my-model").stdout)[1]
    assert (raw["model"], raw["default"], raw["ok"]) == ("my-model", True, True)
    assert [request["max_tokens"] for request in model.requests] == [16, 16]


def test_what_does_not_answer_is_told_and_the_end_says_so(model: MessagesApi) -> None:
    model.replies = [Reply(status=404, error="no such model")]
    found = models("typo", "bedrock/x", ANTHROPIC_BASE_URL=model.url)
    assert found.returncode == 1
    typo, bedrock = found.stdout.splitlines()[1:]
    assert "FAILED" in typo
    assert "does not know 'typo'" in typo
    assert "WALKAWAY_PROVIDERS=bedrock" in bedrock


def test_nothing_is_called_if_that_is_not_wanted(model: MessagesApi) -> None:
    assert models("--no-check", ANTHROPIC_BASE_URL=model.url, WALKAWAY_MODEL="m").returncode == 0
    assert model.requests == []
