"""Whatever a model call can meet comes out as one of the port's exceptions, with a sentence that helps."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings as examples, strategies as st

from tests.kit.messages_api import MessagesApi, Reply, text
from walkaway_core.models import anthropic as adapter
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.models.silence import Listening
from walkaway_core.ports.model import (
    Answer,
    ContentRefused,
    ModelBusy,
    ModelFailed,
    ModelRefused,
    ModelRequest,
    ModelSilent,
    ModelUnknown,
    ThinkingRefused,
    TooLong,
)
from walkaway_core.settings import Settings

BOUND = "messages.3.content.0: Invalid `signature` in `thinking` block. It is bound to a different conversation."
EDITED = "messages.1.content.11: `thinking` or `redacted_thinking` blocks in the latest message cannot be modified."
BAD_IMAGE = "messages.0.content.1.image.source.base64: Could not process image"
MANY = "At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels"
LENGTH = "input length and `max_tokens` exceed context limit: 198000 + 16000 > 200000, decrease input length"
INVALID = "invalid_request_error"


def request(model: str = "claude-x", said: str = "Hello") -> ModelRequest:
    return ModelRequest(model, "Be brief.", [{"role": "user", "content": [text(said)]}], [], 100)


def answered(settings: Settings, asked: ModelRequest | None = None) -> Answer:
    port = AnthropicModel(settings)
    call = port.call(asked or request())
    try:
        for _ in call.events():
            pass
    finally:
        call.close()
        port.close()
    return call.answer()


def failure(settings: Settings, asked: ModelRequest | None = None) -> ModelFailed | ModelRefused:
    with pytest.raises((ModelFailed, ModelRefused)) as raised:
        answered(settings, asked)
    assert isinstance(raised.value, ModelFailed | ModelRefused)
    return raised.value


@pytest.fixture
def service(model: MessagesApi) -> Settings:
    return Settings(base_url=model.url)


CASES: list[tuple[int, str, str, dict[str, Any], type[Exception]]] = [
    (529, "overloaded_error", "Overloaded", {}, ModelBusy),
    (429, "rate_limit_error", "slow down", {}, ModelBusy),
    (429, "rate_limit_error", "ramp up", {"error_code": "ramp_limit_exceeded"}, ModelBusy),
    (503, "api_error", "later", {}, ModelBusy),
    (500, "api_error", "Internal server error", {}, ModelFailed),
    (504, "timeout_error", "took too long", {}, ModelFailed),
    (408, "timeout_error", "took too long", {}, ModelFailed),
    (409, "conflict_error", "try again", {}, ModelFailed),
    (401, "authentication_error", "invalid bearer token", {}, ModelRefused),
    (403, "permission_error", "not for you", {}, ModelRefused),
    (402, "billing_error", "no funds", {"error_code": "linked_organization_spend_limit_reached"}, ModelRefused),
    (429, "rate_limit_error", "until next month", {"error_code": "enforced_spend_limit_reached"}, ModelRefused),
    (429, "rate_limit_error", "until next month", {"error_code": "contract_spend_limit_reached"}, ModelRefused),
    (404, "not_found_error", "model: claude-x", {}, ModelUnknown),
    (404, "not_found_error", "no such page", {}, ModelRefused),
    (400, "validationexception", "The provided model identifier is invalid.", {}, ModelUnknown),
    (400, INVALID, "max_tokens: 500000 > 128000, which is the maximum allowed for documents", {}, ModelRefused),
    (400, INVALID, "thinking.type: adaptive is not supported on this model", {}, ModelRefused),
    (400, INVALID, "tools.0.custom.input_schema: an image could not be found: invalid", {}, ModelRefused),
    (400, INVALID, "on hold", {"error_code": "organization_on_hold"}, ModelRefused),
    (400, INVALID, BAD_IMAGE, {}, ContentRefused),
    (400, INVALID, "Image exceeds 5 MB maximum: 6291456 bytes", {}, ContentRefused),
    (400, INVALID, "A maximum of 600 PDF pages may be provided.", {}, ContentRefused),
    (400, INVALID, "The PDF specified is password protected; it cannot be read", {}, ContentRefused),
    (400, INVALID, "this model does not support image input", {}, ContentRefused),
    (400, INVALID, "prompt is too long: 250000 tokens > 200000 maximum", {}, TooLong),
    (400, INVALID, LENGTH, {}, TooLong),
    (413, "request_too_large", "Request exceeds the maximum size", {}, TooLong),
    (400, INVALID, BOUND, {}, ThinkingRefused),
    (400, INVALID, EDITED, {}, ThinkingRefused),
    (418, "teapot_error", "short and stout", {}, ModelRefused),
]


class TestByType:
    @pytest.mark.parametrize("place", ["status", "in the answer"])
    @pytest.mark.parametrize(
        ("status", "kind", "words", "details", "expected"), CASES, ids=[f"{c[0]} {c[2][:20]}" for c in CASES]
    )
    def test_each_error_is_told_as_what_it_is_in_the_services_words(
        self,
        model: MessagesApi,
        service: Settings,
        place: str,
        status: int,
        kind: str,
        words: str,
        details: dict[str, Any],
        expected: type[Exception],
    ) -> None:
        reply = Reply([text("never whole")], error=words, kind=kind, details=details, headers={"request-id": "req_7"})
        if place == "status":
            reply.status = status
        else:
            reply.then = "error"
        model.replies = [reply]
        told = failure(service)
        if place != "status" and kind in ("api_error", "teapot_error"):
            expected = ModelFailed  # a status says more of these, and there is none
        assert type(told) is expected, told
        assert words in str(told)
        assert str(told).endswith("(request req_7)")
        assert "{" not in str(told)

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("throttlingException", ModelBusy),
            ("modelNotReadyException", ModelBusy),
            ("serviceUnavailableException", ModelBusy),
            ("internalServerException", ModelFailed),
            ("modelStreamErrorException", ModelFailed),
            ("validationException", ModelRefused),
            ("accessDeniedException", ModelRefused),
        ],
    )
    @pytest.mark.parametrize("place", ["header", "in the answer"])
    def test_amazons_codes_are_types_too(
        self, model: MessagesApi, monkeypatch: pytest.MonkeyPatch, place: str, kind: str, expected: type[Exception]
    ) -> None:
        monkeypatch.setenv("ANTHROPIC_BEDROCK_BASE_URL", model.url)
        for name, value in {"REGION": "eu-central-1", "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        headers = {"x-amzn-errortype": f"{kind[0].upper()}{kind[1:]}:http://internal.amazon.com/"}
        reply = Reply([text("never whole")], error="as Amazon says", kind=kind, then="error")
        if place == "header" or kind in ("modelNotReadyException", "accessDeniedException"):  # these are in no stream
            reply = Reply(status=400, body='{"message": "as Amazon says"}', headers=headers)
        model.replies = [reply]
        told = failure(Settings(providers=frozenset({"bedrock"})), request("bedrock/some.model"))
        assert type(told) is expected
        assert "as Amazon says" in str(told)

    @pytest.mark.parametrize(
        ("words", "details", "where"),
        [
            (BAD_IMAGE, {}, (0, 1)),
            ("messages.12.content.3.content.1.image: too large", {}, (12, 3)),
            ("An image cannot be processed", {}, None),
            (MANY, {"error_code": "image_dimensions_too_large", "paths": ["messages.4.content.2.content.0"]}, (4, 2)),
        ],
    )
    def test_content_is_named_as_far_as_the_service_names_it(
        self,
        model: MessagesApi,
        service: Settings,
        words: str,
        details: dict[str, Any],
        where: tuple[int, int] | None,
    ) -> None:
        model.replies = [Reply(status=400, kind=INVALID, error=words, details=details)]
        told = failure(service)
        assert isinstance(told, ContentRefused)
        assert told.where == where

    def test_what_the_service_says_is_not_worth_repeating_is_not(self, model: MessagesApi, service: Settings) -> None:
        model.replies = [Reply(status=500, error="no use", headers={"x-should-retry": "false"})]
        assert isinstance(failure(service), ModelRefused)

    @pytest.mark.parametrize(
        ("words", "hint"),
        [
            ("model: claude-x", "WALKAWAY_MODEL"),
            ("404 page not found", "ANTHROPIC_BASE_URL"),
            ("File not found: file_011", "no longer"),
            ("Container container_01 has expired", "no longer"),
        ],
    )
    def test_what_is_not_there_is_a_model_or_something_else(
        self, model: MessagesApi, service: Settings, words: str, hint: str
    ) -> None:
        model.replies = [Reply(status=404, kind="not_found_error", error=words)]
        told = failure(service)
        assert isinstance(told, ModelRefused)
        assert hint in str(told)

    def test_a_key_is_looked_for_where_it_is_kept(self, model: MessagesApi) -> None:
        model.replies = [Reply(status=401, kind="authentication_error", error="invalid")]
        assert "ANTHROPIC_API_KEY" in str(failure(Settings(base_url=model.url)))
        stored = Settings(base_url=model.url, api_key_parameter="/w/key")
        assert "SSM parameter /w/key" in str(failure(stored))

    @pytest.mark.parametrize(
        ("headers", "asked"),
        [
            ({"retry-after": "7"}, 7.0),
            ({"retry-after": "0.5"}, 0.5),
            ({"retry-after": "9", "retry-after-ms": "1500"}, 1.5),
            ({"retry-after": "soon"}, None),
            ({"retry-after": "-3"}, None),
            ({"retry-after": "inf"}, None),
            ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ],
    )
    def test_the_service_says_when_to_come_back(
        self, model: MessagesApi, service: Settings, headers: dict[str, str], asked: float | None
    ) -> None:
        model.replies = [Reply(status=429, kind="rate_limit_error", error="slow", headers=headers)]
        told = failure(service)
        assert isinstance(told, ModelBusy)
        assert told.retry_after == asked

    def test_the_service_says_by_the_clock_when_to_come_back(self, model: MessagesApi, service: Settings) -> None:
        at = format_datetime(datetime.now(UTC) + timedelta(hours=2))
        model.replies = [Reply(status=429, kind="rate_limit_error", error="slow", headers={"retry-after": at})]
        assert failure(service).retry_after == pytest.approx(7200, abs=60)  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("<html><h1>502 Bad Gateway</h1></html>", "HTTP 502 Bad Gateway"),
            ("", "HTTP 502 Bad Gateway"),
            ("upstream is away", "upstream is away"),
            ('{"error": "model runner has stopped"}', "model runner has stopped"),
            ('{"detail": "no such route"}', "no such route"),
            ("[1, 2]", "HTTP 502 Bad Gateway"),
            ('{"error": {"message": null, "type": 7}}', "HTTP 502 Bad Gateway"),
            ('{"error": {"message": "%s"}}' % ("long " * 1000), "long long"),
        ],
    )
    def test_errors_of_other_services_and_proxies_are_read_too(
        self, model: MessagesApi, service: Settings, body: str, words: str
    ) -> None:
        model.replies = [Reply(status=502, body=body, headers={"request-id": "req_8"})]
        told = failure(service)
        assert type(told) is ModelFailed
        assert words in str(told)
        assert "<" not in str(told)
        assert len(str(told)) <= 1000
        assert str(told).endswith("(request req_8)")


GLUED = 'event: a\ndata: {"type": "ping"}\nevent: b\ndata: {"type": "ping"}\n\n'
EVENTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"type": st.sampled_from(["message_start", "content_block_start", "content_block_delta", "message_delta", "x"])},
    optional={
        "index": st.sampled_from([0, 1, None, "0", []]),
        "content_block": st.none()
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["text", "tool_use", "thinking", "server_tool_use", "a_tool_result", "y", None])},
            optional={"text": st.sampled_from(["a", None, 7, []]), "input": st.sampled_from([{}, [], "{}", None, 7])},
        ),
        "delta": st.none()
        | st.fixed_dictionaries(
            {
                "type": st.sampled_from(
                    ["text_delta", "input_json_delta", "thinking_delta", "signature_delta", "z", None]
                )
            },
            optional={"text": st.sampled_from(["a", None, 7]), "stop_reason": st.sampled_from(["end_turn", None, 7])},
        ),
        "message": st.sampled_from([None, {}, {"usage": None}, {"usage": 7}, []]),
        "usage": st.sampled_from([None, {}, {"output_tokens": "7"}, {"server_tool_use": 7}, 7, {"cache_creation": 7}]),
    },
)


class TestStreams:
    @pytest.mark.parametrize("raw", [GLUED, "data: {\n\n", "event: x\ndata: {\n\n", "event: x\ndata: []\n\n"])
    def test_a_stream_that_cannot_be_read_is_trouble_in_words_of_ours(
        self, model: MessagesApi, service: Settings, raw: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        model.replies = [Reply(raw=[raw])]
        told = failure(service)
        assert type(told) is ModelFailed
        assert "model" in str(told)
        if "event: x" in raw or raw == GLUED:
            assert "cannot be read" in str(told)
            assert "no object" in str(told) if "[]" in raw else caplog.records[-1].exc_info

    def test_bytes_that_are_no_event_stream_of_amazons_are_trouble_too(
        self, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ANTHROPIC_BEDROCK_BASE_URL", model.url)
        for name, value in {"REGION": "eu-central-1", "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        model.replies = [Reply(raw=["this is no frame of any kind, and long enough to be one"])]
        told = failure(Settings(providers=frozenset({"bedrock"})), request("bedrock/some.model"))
        assert type(told) is ModelFailed
        assert "cannot be read" in str(told)

    @pytest.mark.parametrize("then", ["reset", "stall"])
    def test_a_connection_that_breaks_or_falls_silent_is_trouble(
        self, model: MessagesApi, service: Settings, then: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "STALL_SECONDS", 0.3)
        model.replies = [Reply([text("never whole")], then=then)]
        told = failure(service)
        assert type(told) is ModelFailed
        assert ("broke off" if then == "reset" else "said nothing for 0.3 s") in str(told)

    @examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(raw=st.lists(EVENTS, max_size=6))
    def test_no_stream_is_bad_enough_for_anything_else(
        self, model: MessagesApi, service: Settings, raw: list[dict[str, Any]]
    ) -> None:
        model.replies = [Reply(raw=raw)]
        try:
            answer = answered(service)
        except (ModelFailed, ModelRefused) as error:
            assert "model" in str(error)  # noqa: PT017 - either is well
        else:
            assert answer.stop_reason
            assert all(isinstance(block["type"], str) for block in answer.content)

    def test_an_answer_that_is_cut_with_nothing_to_keep_was_silent(self, model: MessagesApi, service: Settings) -> None:
        port = AnthropicModel(service)
        call = port.call(request())
        call.cut()
        with pytest.raises(ModelSilent):
            list(call.events())
        port.close()


WHOLE: list[dict[str, Any]] = [
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "ready"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}},
]


class TestTheFirstByte:
    """It may take longer than a silence in the middle of an answer."""

    def test_has_its_own_time(self, model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(adapter, "STALL_SECONDS", 0.2)
        model.replies = [Reply(raw=[0.8, *WHOLE])]
        settings = Settings(base_url=model.url, first_byte_seconds=60)
        assert answered(settings).content == [text("ready")]
        model.replies = [Reply(raw=[WHOLE[0], 2.0, WHOLE[1]])]
        assert "said nothing for 0.2 s" in str(failure(settings))

    def test_a_model_that_takes_even_longer_is_told_apart(
        self, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "STALL_SECONDS", 0.2)
        model.replies = [Reply(raw=[2.0, *WHOLE])]
        told = failure(Settings(base_url=model.url, first_byte_seconds=1))
        assert type(told) is ModelFailed
        assert "WALKAWAY_FIRST_BYTE_SECONDS" in str(told)

    @pytest.mark.parametrize(("end", "expected"), [("close", ModelFailed), ("cut", ModelSilent)])
    def test_is_not_waited_for_any_more_once_the_call_is_ended(
        self, model: MessagesApi, service: Settings, end: str, expected: type[Exception]
    ) -> None:
        asked, gate = threading.Event(), threading.Event()

        def respond(_: dict[str, Any]) -> Reply:
            asked.set()
            if not gate.wait(10):
                model.problems.append("the caller waited on")
            return Reply([text("too late")])

        model.respond = respond
        port = AnthropicModel(service)
        call = port.call(request())
        threading.Thread(target=lambda: asked.wait(30) and getattr(call, end)()).start()
        with pytest.raises(ModelFailed) as raised:
            list(call.events())
        assert type(raised.value) is expected
        assert not gate.is_set()
        gate.set()
        with call._lock:
            assert call._lock.wait_for(lambda: call._stream, 30), "what comes too late is closed"
        port.close()

    def test_a_reader_that_is_busy_is_no_silence(self, model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
        looks, real = threading.Semaphore(0), Listening.silent

        def silent(listening: Listening, now: float) -> bool:
            looks.release()
            return real(listening, now)

        monkeypatch.setattr(Listening, "silent", silent)
        monkeypatch.setattr(adapter, "STALL_SECONDS", 0.2)
        gate = threading.Event()
        model.replies = [Reply([text("one two three four")], gate=gate)]
        port = AnthropicModel(Settings(base_url=model.url))
        call = port.call(request())
        for _ in call.events():
            if not gate.is_set():
                assert all(looks.acquire(timeout=10) for _ in range(8))  # twice as long as it may be silent
                gate.set()
        assert call.answer().content == [text("one two three four")]
        port.close()


class TestSettings:
    """What cannot be sent for want of a right setting is refused by the setting's name, and never in Python's words."""

    @pytest.fixture(autouse=True)
    def plain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "AWS_REGION"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)

    @pytest.mark.parametrize("address", ["127.0.0.1:9", "http://x:port", "http://[::1", "ftp://x"])
    def test_an_address_that_is_none(self, address: str) -> None:
        told = failure(Settings(base_url=address))
        assert isinstance(told, ModelRefused)
        assert "ANTHROPIC_BASE_URL" in str(told)

    @pytest.mark.parametrize("key", ["sk-secret\nmore", "sk-secret\x00"])
    def test_a_key_that_no_header_carries(self, model: MessagesApi, key: str) -> None:
        told = failure(Settings(base_url=model.url, api_key=key))
        assert isinstance(told, ModelRefused)
        assert "ANTHROPIC_API_KEY" in str(told)
        assert "sk-secret" not in str(told)

    @pytest.mark.parametrize("certificates", ["/no/such/file", __file__])
    def test_certificates_that_cannot_be_read(
        self, service: Settings, monkeypatch: pytest.MonkeyPatch, certificates: str
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", certificates)
        told = failure(service)
        assert isinstance(told, ModelRefused)
        assert "SSL_CERT_FILE" in str(told)

    def test_a_proxy_that_is_none(self, service: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "carrier-pigeon://coop")
        told = failure(service)
        assert isinstance(told, ModelRefused)
        assert "HTTP_PROXY" in str(told)

    def test_half_a_character(self, service: Settings) -> None:
        told = failure(service, request(said="\ud83d"))
        assert isinstance(told, ModelRefused)
        assert "half a character" in str(told)

    def test_bedrock_without_a_region(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONFIG_FILE", "/no/such/file")
        told = failure(Settings(providers=frozenset({"bedrock"})), request("bedrock/some.model"))
        assert isinstance(told, ModelRefused)
        assert "AWS_REGION" in str(told)
        assert caplog.records[-1].exc_info, "what nobody foresaw is in the log with its traceback"

    def test_a_package_that_is_missing(self, service: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        port = AnthropicModel(service)
        monkeypatch.setattr(port, "_begin", lambda _: __import__("no_such_package"))
        with pytest.raises(ModelRefused, match="install"):
            list(port.call(request()).events())

    def test_a_service_that_is_not_there(self, model: MessagesApi) -> None:
        model.close()
        told = failure(Settings(base_url=model.url))
        assert type(told) is ModelFailed
        assert "cannot be reached" in str(told)

    def test_a_count_that_cannot_be_had_is_none(self, model: MessagesApi) -> None:
        for address, said in ((model.url, "\ud83d"), ("http://x:port", "Hello"), (model.url, "Hello")):
            port = AnthropicModel(Settings(base_url=address))
            assert (port.count(request(said=said)) is None) is ((address, said) != (model.url, "Hello"))
            port.close()
