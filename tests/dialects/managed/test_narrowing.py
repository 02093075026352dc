"""What narrows the tools for the web, by the SDK: shown as it was said, kept by the tool, refused where it cannot."""

import json
from typing import Any

import anthropic
import pytest
from anthropic.types.beta import BetaManagedAgentsAgent
from pydantic import TypeAdapter

from tests.dialects.managed.conftest import client_of
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import KEYS, running
from tests.kit.sites import Site
from walkaway_core.settings import Settings

TOOLSET = "agent_toolset_20260401"


def fetching(**narrow: Any) -> list[dict[str, Any]]:
    config = {"name": "web_fetch", "enabled": True, **narrow}
    return [{"type": TOOLSET, "default_config": {"enabled": False}, "configs": [config]}]


def test_it_is_shown_as_it_was_said(sdk: Any) -> None:
    narrow = {"blocked_domains": ["Ads.Example.com", "b\u00fccher.example"], "max_content_tokens": 2000}
    tools = fetching(**narrow)
    answer = sdk.beta.agents.with_raw_response.create(name="n", model="claude-sonnet-5", tools=tools).http_response
    TypeAdapter(BetaManagedAgentsAgent).validate_json(answer.text, strict=True)
    [config] = json.loads(answer.text)["tools"][0]["configs"]
    assert config == {
        "type": "web_fetch",
        "name": "web_fetch",
        "enabled": True,
        "permission_policy": {"type": "always_allow"},
        "allowed_domains": None,
        "url_sources": None,
        **narrow,
    }
    again = sdk.beta.agents.update(answer.json()["id"], tools=tools)
    assert again.version == 1


@pytest.mark.parametrize(
    ("narrow", "says"),
    [
        ({"allowed_domains": []}, "1 to 64"),
        ({"allowed_domains": [f"d{number}.example" for number in range(65)]}, "1 to 64"),
        ({"allowed_domains": ["a.example"], "blocked_domains": ["b.example"]}, "one of the two"),
        ({"blocked_domains": ["a.example", "https://b.example"]}, "blocked_domains[1]: 'https://b.example' is no dom"),
        ({"allowed_domains": ["*.example.com"]}, "without a scheme, a port, a path or a *"),
        ({"max_content_tokens": 0}, "max_content_tokens"),
        ({"max_content_tokens": "5"}, "max_content_tokens"),
        ({"url_sources": {"user_input": "none"}}, "url_sources: is not kept here"),
        ({"user_location": {"type": "approximate", "city": "Berlin"}}, "web_fetch takes none"),
    ],
)
def test_what_is_refused(sdk: Any, narrow: dict[str, Any], says: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        sdk.beta.agents.create(name="n", model="claude-sonnet-5", tools=fetching(**narrow))
    assert says in refused.value.message


def test_a_session_keeps_to_it_until_its_agent_is_another(model: MessagesApi, site: Site, tmp_path: Any) -> None:
    url = site.html("/page", "plain", "text/plain")
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, outbound_loopback=True)
    with running(tmp_path / "data", settings) as server, client_of(server) as client:
        sdk: Any = client

        def read(session: Any) -> str:
            model.replies = [Reply([call("web_fetch", url=url)]), Reply([text("Done.")])]
            events = sdk.beta.sessions.events
            with events.stream(session.id) as stream:
                events.send(session.id, events=[{"type": "user.message", "content": [{"type": "text", "text": "Go"}]}])
                for event in stream:
                    if event.type == "agent.tool_result":
                        found = str(event.content[0].text)
                    if event.type == "session.status_idle":
                        return found
            raise AssertionError("the stream ended")

        agent = sdk.beta.agents.create(name="n", model="test-model", tools=fetching(allowed_domains=["docs.example"]))
        place = sdk.beta.environments.create(name="e")
        before = sdk.beta.sessions.create(agent=agent.id, environment_id=place.id)
        assert "none of the domains" in read(before)
        sdk.beta.agents.update(agent.id, tools=fetching(allowed_domains=["docs.example", "127.0.0.1"]))
        assert "none of the domains" in read(before)
        assert read(sdk.beta.sessions.create(agent=agent.id, environment_id=place.id)) == f"{url}\n\nplain"
        anything = {"type": "agent_with_overrides", "id": agent.id, "tools": fetching()}
        assert read(sdk.beta.sessions.create(agent=anything, environment_id=place.id)) == f"{url}\n\nplain"
