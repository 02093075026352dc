"""The model service for tests is as strict as the real one, or tests would pass that fail there."""

from typing import Any

import httpx
import pytest

from tests.kit.messages_api import MessagesApi, Reply, messages_api, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.servers import PATIENCE
from tests.kit.strict import problems

Block = dict[str, Any]

SEARCH: Block = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}}
HIT: Block = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []}
CALL: Block = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
RESULT: Block = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}
HOUR, SHORT = ({"cache_control": {"type": "ephemeral", **ttl}} for ttl in ({"ttl": "1h"}, {}))


def body(*answers: list[Block], **more: Any) -> Block:
    contents = [[text("Hello")], *answers]
    messages = [{"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(contents)]
    return {"model": "claude-sonnet-5-5", "max_tokens": 9, "system": [text("Be brief.")], "messages": messages, **more}


@pytest.mark.parametrize(
    ("request_", "version", "wrong"),
    [
        (body(), "2026-10-21", ""),
        (body(temperature=1), "2026-10-21", "temperature"),
        (body(top_p=1), "2026-10-21", "top_p"),
        (body(top_k=1), "2026-10-21", "top_k"),
        (body(temperature=1), "2023-06-01", ""),
        (body(tool_choice={"type": "any"}, tools=[{"name": "x"}]), "2026-10-21", "tool_choice"),
        (body(tool_choice={"type": "tool", "name": "x"}, tools=[{"name": "x"}]), "2023-06-01", "tool_choice"),
        (body(tool_choice={"type": "auto"}, tools=[{"name": "x"}]), "2026-10-21", ""),
        (body([{"type": "thinking", "thinking": "", "signature": ""}, text("a")], [text("b")]), "", "signature"),
        (body([SEARCH, CALL], [RESULT]), "", ""),
        (body([SEARCH, CALL], [RESULT, text("stop")]), "", "server_tool_use"),
        (body([SEARCH, text("a")], [text("b")]), "", "server_tool_use"),
        (body([SEARCH, CALL], [RESULT], [HIT, text("a")], [text("b")]), "", ""),
        (body([SEARCH, CALL], [RESULT], [text("a")], [text("b")]), "", "begins with the results"),
        (body([SEARCH, CALL], [RESULT], [text("a"), HIT], [text("b")]), "", "begins with the results"),
        (body([SEARCH, HIT, CALL], [RESULT], [text("a"), HIT], [text("b")]), "", "nobody made"),
        (body([text("wait"), SEARCH]), "", ""),
        (body(system=[{**text("a"), **SHORT}], tools=[{"name": "x", **HOUR}]), "", ""),
        (body(system=[{**text("a"), **HOUR}], tools=[{"name": "x", **SHORT}]), "", "1h"),
        (body(tools=[{"name": "x", **SHORT}] * 5), "", "4 at the most"),
    ],
)
def test_what_the_service_does_not_take_is_refused(request_: Block, version: str, wrong: str) -> None:
    refused = problems("/v1/messages", request_, version)
    assert (refused == []) if not wrong else (len(refused) == 1 and wrong in refused[0])


class TestCache:
    """One block of the instructions, and one of the conversation, each 600 tokens and more: 512 are the least here."""

    def usage(self, cache: PromptCache, marker: Block, *, grown: int = 0) -> tuple[int, int, int]:
        request = body()
        request["system"] = [{**text("s" * 2400), **marker}]
        request["messages"][0]["content"] = [*[text("x" * 2400)] * grown, {**text("m" * 2400), **marker}]
        made = cache.read(request)
        split = made["cache_creation"]
        assert sum(split.values()) == made["cache_creation_input_tokens"]
        return made["cache_read_input_tokens"], *split.values()

    @pytest.mark.parametrize(("marker", "life", "at"), [(SHORT, 300, 1), (HOUR, 3600, 2)])
    def test_lives_from_the_start_of_the_request_that_wrote_or_read_it(self, marker: Block, life: int, at: int) -> None:
        now = [1000.0]
        cache = PromptCache(lambda: now[0])
        first = self.usage(cache, marker)
        whole = sum(first)
        assert (first[0], first[at]) == (0, whole)
        for _ in range(3):
            now[0] += life - 1
            assert self.usage(cache, marker) == (whole, 0, 0), "what is read lives on"
        now[0] += life
        assert self.usage(cache, marker) == first

    def test_what_is_short_is_not_kept_nor_what_another_model_was_sent(self) -> None:
        cache = PromptCache(lambda: 0.0)
        for model, length in (("claude-sonnet-5-5", 400), ("claude-sonnet-5-5", 2400), ("claude-opus-5-5", 2400)):
            request = {**body(), "model": model, "system": [{**text("s" * length), **SHORT}]}
            assert cache.read(request)["cache_read_input_tokens"] == 0
        read = [cache.read({**body(), "system": [{**text("s" * n), **SHORT}]}) for n in (400, 2400)]
        assert [bool(usage["cache_read_input_tokens"]) for usage in read] == [False, True]

    def test_what_has_grown_is_written_behind_what_is_read(self) -> None:
        cache = PromptCache(lambda: 0.0)
        whole = sum(self.usage(cache, SHORT))
        read, short, hour = self.usage(cache, HOUR, grown=1)
        assert (0 < read < whole, short) == (True, 0)
        assert hour > whole - read
        assert self.usage(cache, {}) == (0, 0, 0)


def test_thinking_that_does_not_belong_is_refused_and_counted_apart() -> None:
    with messages_api() as service:
        service.replies = [Reply([{"type": "thinking", "thinking": "hm"}, text("a")])]
        request = body()
        signed = _signatures(service, request)
        assert len(signed) == 1
        back = [{"type": "thinking", "thinking": "hm", "signature": signed[0]}, text("a")]
        assert _post(service, "/v1/messages", body(back, [text("b")])).status_code == 200
        request = body(back, [text("b")], system=[text("Be long.")])
        for path in ("/v1/messages", "/v1/messages/count_tokens"):
            answer = _post(service, path, request)
            assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
            assert answer.json()["error"]["message"].startswith("messages.1.content.0: Invalid `signature`")
        assert (len(service.unbound), service.problems) == (2, [])


def _post(service: MessagesApi, path: str, request: Block) -> httpx.Response:
    return httpx.post(service.url + path, json=request, timeout=PATIENCE)


def _signatures(service: MessagesApi, request: Block) -> list[str]:
    lines = [line for line in _post(service, "/v1/messages", request).text.splitlines() if "signature_delta" in line]
    return [line.partition('"signature": "')[2].partition('"')[0] for line in lines]
