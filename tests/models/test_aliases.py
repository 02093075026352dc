"""Other names of models: what each stands for, which are listed, and what is shown of who names one."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kit.engine import Engine
from walkaway_core.agent import agents, held, settings, showing
from walkaway_core.engine import creating, ending, executions, sending
from walkaway_core.errors import Invalid
from walkaway_core.models import aliases
from walkaway_core.models.aliases import ModelNotFound
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.settings import Settings
from walkaway_core.store import sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.turns import Turn
from walkaway_wire.messages import MessageCreate
from walkaway_wire.settings import Settings as Asked

TABLE = {"fast": "claude-haiku-4-5", "gpt-*": "claude-sonnet-5-5", "gpt-4*": "claude-opus-5-5", "gpt-4o": "rehearsal"}


@pytest.mark.parametrize(
    "name", ["gpt-4o-2024-08-06", "gpt-5", "chatgpt-4o-latest", "o1", "o4-mini", "claude-sonnet-5-5", "claude-9"]
)
def test_without_a_model_service_its_models_are_the_offline_one(name: str) -> None:
    assert aliases.resolve(Settings(), name) == "rehearsal"
    assert aliases.resolve(Settings(base_url="http://127.0.0.1:1"), name) == name
    assert aliases.resolve(Settings(providers=frozenset({"bedrock"})), name) == name


@pytest.mark.parametrize("name", ["llama-3", "other", "opus", "gpt", "my-gpt-4", "rehearsal", ""])
def test_other_names_are_what_they_are(name: str) -> None:
    assert aliases.resolve(Settings(), name) == name


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("fast", "claude-haiku-4-5"),
        ("gpt-4o", "rehearsal"),
        ("gpt-4.1", "claude-opus-5-5"),
        ("gpt-5", "claude-sonnet-5-5"),
        ("faster", "faster"),
    ],
)
def test_the_table_goes_first_and_of_it_the_longest_name(name: str, means: str) -> None:
    assert aliases.resolve(Settings(model_aliases=TABLE, api_key="sk-1"), name) == means
    assert aliases.resolve(Settings(model_aliases=TABLE), name) in ("rehearsal", name)


def test_what_is_listed_can_be_called_and_is_known() -> None:
    for given in (Settings(model_aliases=TABLE), Settings(model_aliases=TABLE, api_key="sk-1", model="my-own")):
        model = AnthropicModel(given)
        listed = aliases.names(given, model)
        assert listed[0] == given.model
        assert {"rehearsal", "fast", "gpt-4o"} <= set(listed)
        assert ("claude-opus-5-5" in listed) is bool(given.api_key)
        assert "gpt-*" not in listed
        assert len(set(listed)) == len(listed)
        for name in listed:
            aliases.check(given, model, name)
        aliases.check(given, model, "gpt-5")
        for name in ("fastest", "llama-3", "x" * 5000):
            with pytest.raises(ModelNotFound) as refused:
                aliases.check(given, model, name)
            assert len(str(refused.value)) < 400


@pytest.fixture
def named(engine: Engine) -> Engine:
    engine.services = replace(engine.services, settings=replace(engine.services.settings, model_aliases=TABLE))
    return engine


def model(engine: Engine, turn: Turn) -> tuple[str, str]:
    """The model that a turn's doors call, and what its record shows."""
    held = executions.current(engine.services, turn.ticket).settings
    shown = settings.shown(engine.services, showing.of_turns(engine.services, [engine.now(turn)])[0])
    ending.cancel(engine.services, turn.key)
    return held.model, shown["model"]


def say(engine: Engine, session: SessionKey, **said: Any) -> Turn:
    asked = MessageCreate(message="go", **said)
    return sending.send(engine.services, session, asked.message, settings=asked).turn


def test_a_session_calls_what_is_meant_and_shows_what_was_asked_for(named: Engine) -> None:
    session = named.session(model="gpt-5")
    assert model(named, say(named, session)) == ("claude-sonnet-5-5", "gpt-5")
    assert model(named, say(named, session, model="fast")) == ("claude-haiku-4-5", "fast")
    assert model(named, say(named, session, model="rehearsal")) == ("rehearsal", "rehearsal")
    assert model(named, say(named, session, max_steps=3)) == ("claude-sonnet-5-5", "gpt-5")
    read = sessions.get(named.services, session)
    assert settings.shown(named.services, showing.settings_now(named.services, read))["model"] == "gpt-5"


def test_what_a_session_was_made_with_holds_when_the_table_changes(named: Engine) -> None:
    session = named.session(model="gpt-5")
    other = {"gpt-5": "claude-opus-5", "claude-sonnet-5-5": "rehearsal"}
    named.services = replace(named.services, settings=replace(named.services.settings, model_aliases=other))
    assert model(named, say(named, session)) == ("claude-sonnet-5-5", "gpt-5")


def test_an_agent_has_the_name_and_its_sessions_the_model(named: Engine) -> None:
    services = named.services
    agent = agents.create(services, "t", "clerk", values={"model": "gpt-5"})
    assert settings.shown(services, agent.settings)["model"] == "gpt-5"

    def under(**said: Any) -> SessionKey:
        own = settings.read(Asked(**said))
        unmade = sessions.options(own)
        return creating.create(services, "t", held.with_agent(services, unmade, agent, own), {}).key

    assert model(named, say(named, under())) == ("claude-sonnet-5-5", "gpt-5")
    assert model(named, say(named, under(model="fast"))) == ("claude-haiku-4-5", "fast")
    assert model(named, say(named, under(model="rehearsal"))) == ("rehearsal", "rehearsal")


def test_the_default_may_be_an_alias(named: Engine) -> None:
    named.services = replace(named.services, settings=replace(named.services.settings, model="fast"))
    assert model(named, say(named, named.session(model=""))) == ("claude-haiku-4-5", "fast")


def test_what_an_alias_refuses_is_what_its_model_refuses(named: Engine) -> None:
    with pytest.raises(Invalid, match=r"^effort: claude-haiku-4-5 does not know 'low'"):
        named.session(model="fast", effort="low")
    with pytest.raises(Invalid, match="cost limit cannot be kept for 'faster'"):
        named.session(model="faster", max_cost_usd=1.0)


def test_a_name_that_is_nobodys_is_an_error_of_its_own(named: Engine) -> None:
    offline = replace(named.services.settings, base_url=None, model="rehearsal")
    named.services = replace(named.services, settings=offline, model=AnthropicModel(offline))
    told = r"'llama-3' needs the server's ANTHROPIC_API_KEY.* and so do names such as claude-"
    with pytest.raises(ModelNotFound, match=told):
        named.session(model="llama-3")
    assert model(named, say(named, named.session(model="o3"))) == ("rehearsal", "o3")
