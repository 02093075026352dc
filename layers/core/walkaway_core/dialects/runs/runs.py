"""Runs (contract B): a turn in a session of its own, by an id of its own, listed and counted for its tenant."""

import contextlib
import secrets
from dataclasses import dataclass
from typing import Any

from walkaway_core.agent import agents, held
from walkaway_core.dialects.runs import index
from walkaway_core.dialects.runs.index import Run
from walkaway_core.dialects.runs.problems import RunBusy
from walkaway_core.dialects.runs.reading import StoredRun, get
from walkaway_core.engine import deleting, ending, executions, sending, starting
from walkaway_core.engine.starting import LIFE, SAYS_NOTHING, Message
from walkaway_core.errors import AgentNotFound, Invalid, SessionNotFound
from walkaway_core.notify import endpoint_checks
from walkaway_core.ports.items import Delete, Is, Refused
from walkaway_core.store import sessions, starts
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turn_webhook import TurnWebhook
from walkaway_core.store.turns import Turn

TIMEOUT = 3600


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is submitted. `settings` are those that are said, by name."""

    prompt: str
    recipe: str
    settings: dict[str, Any]
    label: str
    timeout: int
    webhook: str
    once: str | None
    scope: str


def submit(services: Services, tenant: str, asked: RunRequest) -> Turn:
    """Start a run, or find the one that the same key has started. Raises Invalid, QueueFull."""
    session = _existing(services, tenant, asked.label)
    if session and (asked.recipe or asked.settings):
        raise Invalid(f"{asked.label} goes on as it is; leave out recipe_name, agent_yaml, recipe_config and config")
    options, webhook = _options(services, tenant, asked), _webhook(services, asked)
    once = _once(tenant, asked)
    run = Run(f"run_{secrets.token_hex(6)}", asked.label, asked.recipe, session is None, once.sort_key if once else "")
    prompt = asked.prompt if asked.prompt.strip() else SAYS_NOTHING
    if session:
        index.ready(services, tenant, run)
    while True:
        if once and (earlier := _earlier(services, once)):
            return earlier
        if session:
            return sending.send(
                services,
                session.key,
                prompt,
                once,
                on_busy="enqueue",
                webhook=webhook,
                timeout=asked.timeout,
                facts=run.facts,
            ).turn
        message = Message([{"type": "text", "text": prompt}], webhook, facts=run.facts)
        turn = starting.with_session(services, tenant, options, message, once)
        if turn:
            starts.begin(services, turn)
            return turn
        index.ready(services, tenant, run)  # the key was taken meanwhile, or a counter is not there yet


def _earlier(services: Services, once: Once) -> Turn | None:
    """Find the run that has this key. One whose session is gone has it no more."""
    earlier = once.earlier(services)
    if earlier is None:
        return None
    try:
        return executions.get(services, earlier.turn)
    except SessionNotFound:
        forget = Delete(f"T#{once.tenant}", once.sort_key, (Is("turn", earlier.turn.turn),))
        with contextlib.suppress(Refused):
            services.table.write(forget)
        return None


def _options(services: Services, tenant: str, asked: RunRequest) -> SessionOptions:
    """The options of a run's own session: the agent's, but for those that are said. Raises Invalid."""
    settings = {**asked.settings, "turn_timeout": asked.timeout}
    options = SessionOptions(persistent=True, ttl=LIFE, settings=AgentSettings(**settings))
    if not asked.recipe:
        return options
    try:
        agent = agents.get(services, tenant, asked.recipe)
    except AgentNotFound:
        raise Invalid(f"There is no agent {asked.recipe!r} to be this recipe; POST /v1/agents makes one") from None
    return held.with_agent(services, options, agent, settings)


def _webhook(services: Services, asked: RunRequest) -> TurnWebhook | None:
    if not asked.webhook:
        return None
    endpoint_checks.url(services, asked.webhook, "webhook_url")
    return TurnWebhook(asked.webhook, format="runs")


def _once(tenant: str, asked: RunRequest) -> Once | None:
    """A run's key: of the tenant or, by its scope, of a label; what is asked is not compared (contract B.9)."""
    if asked.once is None:
        return None
    where = f"session\0{asked.label}" if asked.scope == "session" else "global"
    return Once(tenant, f"runs\0{where}\0{asked.once}", "runs", LIFE)


def _existing(services: Services, tenant: str, label: str) -> Session | None:
    """Find the session that a label names; any other label only groups."""
    if not label.startswith("sess_"):
        return None
    try:
        return sessions.get(services, SessionKey(tenant, label))
    except SessionNotFound:
        return None


def cancel(services: Services, tenant: str, id_: str) -> StoredRun:
    """End a run now. Raises RunNotFound, RunBusy when it is over."""
    stored = get(services, tenant, id_)
    if not ending.cancel(services, stored.turn.key):
        now = get(services, tenant, id_)
        raise RunBusy(f"Job is already complete. Status: {now.state}")
    return get(services, tenant, id_)


def delete(services: Services, tenant: str, id_: str) -> None:
    """Take a run that is over off the list, and its session with it if that is its own. Raises RunNotFound, RunBusy."""
    stored = get(services, tenant, id_)
    turn = stored.turn
    if turn.key.nobodys:
        index.forget(services, turn.key)
        return
    if turn.ended_at is None and turn.readable:
        raise RunBusy("Cannot delete a running job. Cancel it first.")
    tx = Transaction(services.table)
    tx.change(turn.key.item, drop=("run",))
    index.Runs().turn_removed(services, tx, turn)
    try:
        tx.commit()
    except Refused:
        return  # somebody else has
    if stored.run.own:
        _bury(services, turn.key.owner)


def _bury(services: Services, key: SessionKey) -> None:
    try:
        deleting.delete(services, key)
    except SessionNotFound:
        return
