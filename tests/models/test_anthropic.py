"""Which model service a model's name leads to, and what each needs."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.moto_services import ACCOUNT
from walkaway_core.aws.parameter import FRESH_SECONDS, Parameter, connect
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.ports.model import ModelRefused, ModelRequest
from walkaway_core.settings import Settings


def request(model: str) -> ModelRequest:
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
    return ModelRequest(model, "Be brief.", messages, [], 100)


@pytest.fixture
def bedrock(model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnthropicModel]:
    """A model port for Bedrock, with the test's service in Bedrock's place."""
    monkeypatch.setenv("ANTHROPIC_BEDROCK_BASE_URL", model.url)
    for name, value in {"REGION": "eu-central-1", "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    made = AnthropicModel(Settings(providers=frozenset({"bedrock"})))
    yield made
    made.close()


def test_a_bedrock_name_is_answered_by_bedrock_with_the_same_events(
    bedrock: AnthropicModel, model: MessagesApi
) -> None:
    model.replies = [Reply([text("On it."), call("write_file", path="a", content="é 😀")])]
    made = bedrock.call(request("bedrock/eu.anthropic.claude-x-v1:0"))
    events = list(made.events())
    assert "".join(data["content"] for kind, data in events if kind == "text.delta") == "On it."
    assert made.answer().content[1]["input"] == {"path": "a", "content": "é 😀"}
    assert model.requests[0]["model"] == "eu.anthropic.claude-x-v1:0"
    made.close()


def test_a_role_that_may_not_is_told_which_one(bedrock: AnthropicModel, model: MessagesApi) -> None:
    model.replies = [Reply(status=403, error="not authorized to perform bedrock:InvokeModel")]
    with pytest.raises(ModelRefused, match="role may invoke"):
        list(bedrock.call(request("bedrock/some.model")).events())


@pytest.mark.parametrize(
    ("settings", "model", "missing"),
    [
        (Settings(), "rehearsal", None),
        (Settings(), "claude-x", "ANTHROPIC_API_KEY"),
        (Settings(api_key="k"), "claude-x", None),
        (Settings(base_url="http://x"), "claude-x", None),
        (Settings(api_key_parameter="/p"), "claude-x", None),
        (Settings(providers=frozenset({"anthropic"})), "claude-x", None),
        (Settings(api_key="k"), "bedrock/x", "WALKAWAY_PROVIDERS=bedrock"),
        (Settings(providers=frozenset({"bedrock"})), "bedrock/x", None),
        (Settings(providers=frozenset({"bedrock"})), "claude-x", "ANTHROPIC_API_KEY"),
    ],
)
def test_a_model_without_its_service_is_refused_with_what_is_missing(
    settings: Settings, model: str, missing: str | None
) -> None:
    problem = AnthropicModel(settings).knows(model)
    assert (problem is None) if missing is None else (missing in str(problem))


class TestAKeyInTheParameterStore:
    @pytest.fixture
    def client(self) -> Iterator[Any]:
        with mock_aws():
            boto3.client("ssm", **ACCOUNT).put_parameter(Name="/w/key", Value="one", Type="SecureString")
            yield connect(**ACCOUNT)

    def test_is_decrypted_and_read_again_after_a_while(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [0.0]
        monkeypatch.setattr("walkaway_core.aws.parameter.time.monotonic", lambda: now[0])
        now[0] = 10.0
        parameter = Parameter(client, "/w/key")
        assert parameter() == "one"
        client.put_parameter(Name="/w/key", Value="two", Type="SecureString", Overwrite=True)
        assert parameter() == "one"
        now[0] += FRESH_SECONDS
        assert parameter() == "two"

    def test_goes_to_the_service_and_a_new_one_too(self, model: MessagesApi) -> None:
        key = ["one"]
        port = AnthropicModel(Settings(base_url=model.url), lambda: key[0])
        list(port.call(request("claude-x")).events())
        key[0] = "two"
        list(port.call(request("claude-x")).events())
        port.close()
        assert model.keys == ["one", "two"]

    @pytest.mark.parametrize(
        ("stored", "wrong"),
        [(" \n", "is empty"), ("one\ntwo", "line break"), ("\ufeffone", "character"), ("o\x1bne", "character")],
    )
    def test_that_cannot_be_one_is_named(self, client: Any, stored: str, wrong: str) -> None:
        client.put_parameter(Name="/w/key", Value=stored, Type="SecureString", Overwrite=True)
        with pytest.raises(ModelRefused, match=f"{wrong}.*/w/key"):
            Parameter(client, "/w/key")()

    def test_may_have_been_stored_with_a_line_end(self, client: Any) -> None:
        client.put_parameter(Name="/w/key", Value="one\r\n", Type="SecureString", Overwrite=True)
        assert Parameter(client, "/w/key")() == "one"

    def test_that_is_not_there_is_named(self, client: Any) -> None:
        with pytest.raises(ModelRefused, match=r"ParameterNotFound.*/w/other"):
            Parameter(client, "/w/other")()
