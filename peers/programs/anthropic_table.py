"""Every call of Managed Agents that this server has, with every argument: for each case it prints whether it held.

Each answer is held against the client's own types as strictly as pydantic can, since its models take what comes; and
what an argument does is read back. What an older client lacks is left out of a call.
"""

# These words are drawn: ferry harbour tide voyage
import base64
import inspect
import json
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
from anthropic import Anthropic, BadRequestError, ConflictError, NotFoundError
from anthropic.types.beta import sessions as session_types
from pydantic import TypeAdapter, ValidationError

MODEL = "claude-sonnet-5-5"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
LONG_AGO, FAR_OFF = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
OLDER = anthropic.__version__.startswith("0.")
BESIDE = {"extra_headers", "extra_query", "extra_body", "timeout"}
CUSTOM = {
    "type": "custom",
    "name": "next_ferry",
    "description": "Tells when it leaves.",
    "input_schema": {"type": "object", "properties": {"harbour": {"type": "string"}}, "required": ["harbour"]},
}
TOOLSET = {
    "type": "agent_toolset_20260401",
    "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
    "configs": [{"name": "bash", "enabled": True, "permission_policy": {"type": "always_ask"}}],
}
CLOUD = {
    "type": "cloud",
    "networking": {"type": "limited", "allowed_hosts": [], "allow_mcp_servers": False, "allow_package_managers": False},
    "packages": {"type": "packages", "pip": []},
}
client = Anthropic()
asked: dict[str, set[str]] = {}
"""The arguments of each method that were given so far."""


def call(path: str, **given: Any) -> Any:
    """Call a method, hold its answer against its type, and give it."""
    resource, _, name = path.rpartition(".")
    there: Any = client.beta if resource != "models" else client
    for part in resource.split("."):
        there = getattr(there, part)
    known = inspect.signature(getattr(there, name)).parameters
    given = {key: value for key, value in given.items() if key in known}
    asked.setdefault(path, set()).update(given)
    raw = getattr(there.with_raw_response, name)(**given)
    strict(raw._cast_to, raw.http_response.content)
    made = raw.parse()
    assert raw.headers["request-id"].startswith("req_"), raw.headers
    return made


def strict(type_: Any, body: bytes) -> Any:
    """Read JSON as a type that takes nothing else; older ones have a text where null has come to be possible."""
    try:
        return TypeAdapter(type_).validate_json(body, strict=True)
    except ValidationError as error:
        if not (OLDER and all(each["input"] is None for each in error.errors())):
            raise
    return None


def refused(kind: type[Exception], field: str, path: str, **given: Any) -> None:
    """Have a call refused by a sentence that names the field."""
    asked.setdefault(path, set()).update(given)
    said = None
    try:
        call(path, **given)
    except kind as error:
        said = str(error)
    assert said is not None, f"{path} takes {field}"
    assert field in said, said


def events(session: str, last: str = "session.status_idle") -> list[Any]:
    """Follow a session to its next end, each event held against the type of a stream's."""
    found: list[Any] = []
    with client.beta.sessions.events.stream(session, event_deltas=["agent.message", "agent.thinking"]) as stream:
        for kind, data in told(stream.response.iter_lines()):
            event = strict(session_types.BetaManagedAgentsStreamSessionEvents, data.encode())
            assert event.type == kind, (kind, data)
            found.append(event)
            if kind == last:
                return found
    raise AssertionError(f"the stream ends at {[event.type for event in found]}")


def told(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    kind = data = ""
    for line in lines:
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            data = line[6:]
        elif not line and kind:
            yield kind, data
            kind = ""


def environment(**more: Any) -> Any:
    return call("environments.create", name="harbour", **more)


def agent(**more: Any) -> Any:
    return call("agents.create", **{"name": "ferry", "model": MODEL, **more})


def session(agent_: Any | None = None, **more: Any) -> Any:
    made = agent_ or agent(tools=[{"type": "agent_toolset_20260401"}])
    return call("sessions.create", agent=made.id, environment_id=environment().id, **more)


def say(text: str, session_: str, *more: Any) -> Any:
    message = {"type": "user.message", "content": [{"type": "text", "text": text}]}
    return call("sessions.events.send", session_id=session_, events=[message, *more])


def environments() -> None:
    said = {"description": "for the tide", "metadata": {"a": "b"}, "scope": "organization"}
    networking = CLOUD["networking"]
    try:
        made = environment(config=CLOUD, **said)
    except BadRequestError as error:  # where commands reach every address, and nothing can narrow that
        if "networking" not in str(error):
            raise
        networking = {"type": "unrestricted"}
        made = environment(config={**CLOUD, "networking": networking}, **said)
    assert (made.name, made.description, made.metadata) == ("harbour", "for the tide", {"a": "b"})
    assert made.config.networking.type == networking["type"]
    assert call("environments.retrieve", environment_id=made.id) == made
    changed = call(
        "environments.update",
        environment_id=made.id,
        name="voyage",
        description="",
        metadata={"a": None, "c": "d"},
        config={"type": "cloud", "networking": {"type": "unrestricted"}},
        scope="organization",
    )
    assert (changed.name, changed.metadata, changed.config.networking.type) == ("voyage", {"c": "d"}, "unrestricted")
    other = environment()
    first = call("environments.list", limit=1)
    assert [each.id for each in first.data] == [other.id]
    second = call("environments.list", limit=1, page=first.next_page)
    assert [each.id for each in second.data] == [made.id]
    assert call("environments.archive", environment_id=made.id).archived_at
    assert made.id not in [each.id for each in call("environments.list")]
    assert made.id in [each.id for each in call("environments.list", include_archived=True)]
    gone = call("environments.delete", environment_id=made.id)
    assert (gone.id, gone.type) == (made.id, "environment_deleted")
    refused(NotFoundError, made.id, "environments.retrieve", environment_id=made.id)


def agents() -> None:
    made = agent(
        description="knows the tide",
        system="Be brief.",
        metadata={"a": "b"},
        tools=[TOOLSET, CUSTOM],
        mcp_servers=[],
        skills=[],
        multiagent=None,
        execution_identity={"type": "service_account"},
    )
    assert (made.name, made.version, made.model.id, made.system) == ("ferry", 1, MODEL, "Be brief.")
    [toolset, custom] = made.tools
    assert [(each.name, each.permission_policy.type) for each in toolset.configs if each.name == "bash"] == [
        ("bash", "always_ask")
    ]
    assert custom.name == "next_ferry"
    changed = call(
        "agents.update",
        agent_id=made.id,
        version=1,
        name="voyage",
        description=None,
        system=None,
        metadata={"a": None},
        model={"id": MODEL, "effort": "high"},
        tools=[],
        mcp_servers=[],
        skills=[],
        multiagent=None,
        execution_identity={"type": "service_account"},
    )
    assert (changed.version, changed.name, changed.system, changed.metadata) == (2, "voyage", None, {})
    assert changed.tools == []
    refused(ConflictError, "", "agents.update", agent_id=made.id, version=1, name="tide")
    assert call("agents.retrieve", agent_id=made.id) == changed
    assert call("agents.retrieve", agent_id=made.id, version=1).tools == made.tools
    page = call("agents.versions.list", agent_id=made.id, limit=1)
    assert [each.version for each in page.data] == [2]
    assert [each.version for each in call("agents.versions.list", agent_id=made.id, page=page.next_page)] == [1]
    ranges = {"created_at_gte": made.created_at, "created_at_lte": made.created_at}
    assert made.id in [each.id for each in call("agents.list", **ranges)]
    assert call("agents.list", created_at_gte=FAR_OFF).data == []
    other = agent()
    first = call("agents.list", limit=1)
    assert [each.id for each in first.data] == [other.id]
    assert made.id in [each.id for each in call("agents.list", page=first.next_page)]
    assert call("agents.archive", agent_id=other.id).archived_at
    assert other.id not in [each.id for each in call("agents.list")]
    assert other.id in [each.id for each in call("agents.list", include_archived=True)]


def refusals_of_agents() -> None:
    server = {"type": "url", "name": "tide", "url": "https://tide.example/mcp"}
    for field, value in (
        ("mcp_servers", [server]),
        ("skills", [{"type": "anthropic", "skill_id": "xlsx"}]),
        ("multiagent", {"type": "coordinator", "agents": []}),
        ("tools", [{"type": "mcp_toolset", "mcp_server_name": "tide"}]),
        ("tools", [CUSTOM, CUSTOM]),
        ("tools", [{**TOOLSET, "configs": [{"name": "knit"}]}]),
        ("metadata", {"x" * 65: "y"}),
        ("name", ""),
    ):
        refused(BadRequestError, field, "agents.create", **{"name": "ferry", "model": MODEL, field: value})


def sessions() -> None:
    made_agent, place = agent(tools=[TOOLSET, CUSTOM]), environment()
    file = call("files.upload", file=("tide.csv", b"ferry,tide\n1,2\n", "text/csv"))
    made = call(
        "sessions.create",
        agent={"type": "agent", "id": made_agent.id, "version": 1},
        environment_id=place.id,
        title="Voyage",
        metadata={"a": "b"},
        vault_ids=[],
        resources=[{"type": "file", "file_id": file.id, "mount_path": "tide.csv"}],
        budget=None,
    )
    assert (made.status, made.title, made.metadata, made.environment_id) == ("idle", "Voyage", {"a": "b"}, place.id)
    assert (made.agent.id, made.agent.version, len(made.agent.tools)) == (made_agent.id, 1, 2)
    assert (made.usage.input_tokens, made.stats.active_seconds, made.outcome_evaluations) == (0, 0, [])
    [resource] = made.resources
    assert (resource.mount_path, resource.file_id != file.id) == ("/mnt/session/uploads/tide.csv", True)
    assert same(call("sessions.retrieve", session_id=made.id), made)
    changed = call(
        "sessions.update",
        session_id=made.id,
        title="Tide",
        metadata={"a": None, "c": "d"},
        agent={"tools": [TOOLSET]},
        budget=None,
    )
    assert (changed.title, changed.metadata, len(changed.agent.tools)) == ("Tide", {"c": "d"}, 1)
    refused(BadRequestError, "vault_ids", "sessions.update", session_id=made.id, vault_ids=[])
    refused(
        BadRequestError, "vault_ids", "sessions.create", agent=made_agent.id, environment_id=place.id, vault_ids=["x"]
    )
    repository = {"type": "github_repository", "url": "https://github.com/a/b"}
    more = {"agent": made_agent.id, "environment_id": place.id}
    refused(BadRequestError, "resources[0].type", "sessions.create", **more, resources=[repository])


def overrides() -> None:
    made = agent(tools=[CUSTOM], system="Be brief.")
    own = {
        "type": "agent_with_overrides",
        "id": made.id,
        "version": 1,
        "model": MODEL,
        "system": None,
        "tools": [TOOLSET],
        "skills": [],
        "mcp_servers": [],
    }
    got = call("sessions.create", agent=own, environment_id=environment().id)
    assert (got.agent.id, got.agent.version, got.agent.system) == (made.id, 1, None)
    assert [tool.type for tool in got.agent.tools] == ["agent_toolset_20260401"]
    assert call("agents.retrieve", agent_id=made.id) == made


def session_lists() -> None:
    made_agent = agent()
    first, second = session(made_agent), session(made_agent)
    mine = {"agent_id": made_agent.id}
    page = call("sessions.list", **mine, limit=1)
    assert [each.id for each in page.data] == [second.id]
    after = call("sessions.list", **mine, limit=1, page=page.next_page)
    assert [each.id for each in after.data] == [first.id]
    assert [each.id for each in call("sessions.list", **mine, limit=1, page=after.prev_page).data] == [second.id]
    assert [each.id for each in call("sessions.list", **mine, order="asc")] == [first.id, second.id]
    for name, at, count in (
        ("created_at_gte", first.created_at, 2),
        ("created_at_gt", second.created_at, 0),
        ("created_at_lte", LONG_AGO, 0),
        ("created_at_lt", FAR_OFF, 2),
    ):
        assert len(call("sessions.list", **mine, **{name: at}).data) == count, name
    assert len(call("sessions.list", **mine, agent_version=1).data) == 2
    assert call("sessions.list", **mine, agent_version=2).data == []
    assert len(call("sessions.list", **mine, statuses=["idle"]).data) == 2
    assert call("sessions.list", **mine, statuses=["running", "rescheduling"]).data == []
    assert call("sessions.list", deployment_id="depl_x").data == []
    assert call("sessions.list", memory_store_id="memstore_x").data == []
    archived = call("sessions.archive", session_id=first.id)
    assert (archived.status, archived.archived_at is not None) == ("terminated", True)
    assert [each.id for each in call("sessions.list", **mine)] == [second.id]
    assert len(call("sessions.list", **mine, include_archived=True).data) == 2
    gone = call("sessions.delete", session_id=second.id)
    assert (gone.id, gone.type) == (second.id, "session_deleted")
    refused(NotFoundError, second.id, "sessions.retrieve", session_id=second.id)


def conversation() -> None:
    made = session()
    sent = say("Say hello to the ferry", made.id)
    [message] = sent.data
    assert (message.type, message.processed_at) == ("user.message", None)
    found = events(made.id)
    kinds = [event.type for event in found]
    assert found[-1].stop_reason.type == "end_turn"
    assert "event_delta" in kinds
    assert {"session.status_running", "span.model_request_start", "agent.message", "span.model_request_end"} <= {*kinds}
    listed = list(call("sessions.events.list", session_id=made.id))
    assert listed[-1].type == "session.status_idle"
    assert [event.id for event in listed].count(message.id) == 1
    assert {event.id for event in found if getattr(event, "id", "")} >= {event.id for event in listed}
    page = call("sessions.events.list", session_id=made.id, limit=2, order="desc")
    assert [event.id for event in page.data] == [event.id for event in listed[:-3:-1]]
    rest = call("sessions.events.list", session_id=made.id, limit=2, order="desc", page=page.next_page)
    assert rest.data[0].id == listed[-3].id
    answer = call("sessions.events.list", session_id=made.id, types=["agent.message"]).data
    assert [event.type for event in answer] == ["agent.message"]
    at = answer[0].processed_at
    for name, others in (("created_at_gte", 1), ("created_at_gt", 0), ("created_at_lte", 1), ("created_at_lt", 0)):
        some = call("sessions.events.list", session_id=made.id, types=["agent.message"], **{name: at})
        assert len(some.data) == others, name
    now = call("sessions.retrieve", session_id=made.id)
    assert now.status == "idle"
    assert now.usage.output_tokens > 0


def files_in_and_out() -> None:
    data = b"ferry,tide\n1,2\n"
    file = call("files.upload", file=("tide.csv", data, "text/csv"), expires_in_seconds=3600)
    assert (file.filename, file.mime_type, file.size_bytes) == ("tide.csv", "text/csv", len(data))
    assert not file.downloadable
    assert call("files.retrieve_metadata", file_id=file.id) == file
    made = session()
    resource = call(
        "sessions.resources.add", session_id=made.id, type="file", file_id=file.id, mount_path="in/tide.csv"
    )
    assert call("sessions.resources.retrieve", session_id=made.id, resource_id=resource.id) == resource
    other = call("sessions.resources.add", session_id=made.id, type="file", file_id=file.id)
    page = call("sessions.resources.list", session_id=made.id, limit=1)
    assert [each.id for each in page.data] == [resource.id]
    assert [each.id for each in call("sessions.resources.list", session_id=made.id, page=page.next_page)] == [other.id]
    token = {"session_id": made.id, "resource_id": other.id, "authorization_token": "x"}
    refused(BadRequestError, "authorization_token", "sessions.resources.update", **token)
    call("sessions.resources.delete", session_id=made.id, resource_id=other.id)
    asks = "Analyse /uploads/in/tide.csv and write a report on the tide to /mnt/session/outputs/report.md"
    say(asks, made.id)
    uses = [event.name for event in events(made.id) if event.type == "agent.tool_use"]
    assert uses == ["read", "write", "read"]
    listed = {each.filename: each for each in call("files.list", scope_id=made.id)}
    assert {name: each.downloadable for name, each in listed.items()} == {"report.md": True, "tide.csv": False}
    report = listed["report.md"]
    assert (report.scope.id, report.scope.type) == (made.id, "session")
    asked.setdefault("files.download", set()).add("file_id")
    assert b"tide" in client.beta.files.download(report.id).read().lower()
    assert client.beta.files.download(file.id).read() == data
    two = [each.id for each in call("files.list", limit=2).data]
    assert two[0] == report.id
    if "page" in inspect.signature(client.beta.files.list).parameters:
        first = call("files.list", limit=1)
        assert [each.id for each in call("files.list", limit=1, page=first.next_page).data] == two[1:]
        assert [each.id for each in call("files.list", ids=[report.id, "file_x"]).data] == [report.id]
    else:
        assert [each.id for each in call("files.list", limit=1, after_id=two[0]).data] == two[1:]
        assert [each.id for each in call("files.list", limit=1, before_id=two[1]).data] == two[:1]
    gone = call("files.delete", file_id=report.id)
    assert (gone.id, gone.type) == (report.id, "file_deleted")


def custom_tools() -> None:
    made = session(agent(tools=[CUSTOM]))
    say('When does the ferry leave from "quay-7"?', made.id)
    found = events(made.id)
    [use] = [event for event in found if event.type == "agent.custom_tool_use"]
    assert (use.name, use.input) == ("next_ferry", {"harbour": "quay-7"})
    assert found[-1].stop_reason.event_ids == [use.id]
    refused(BadRequestError, "waiting on responses to events", "sessions.events.send", session_id=made.id, events=[
        {"type": "user.message", "content": [{"type": "text", "text": "hello"}]}
    ])  # fmt: skip
    content = [{"type": "text", "text": "at 08:15"}, {"type": "image", "source": picture()}]
    result = {"type": "user.custom_tool_result", "custom_tool_use_id": use.id, "content": content, "is_error": False}
    [echo] = call("sessions.events.send", session_id=made.id, events=[result]).data
    assert (echo.type, echo.custom_tool_use_id) == ("user.custom_tool_result", use.id)
    assert "at 08:15" in "".join(texts(events(made.id)))
    [again] = call("sessions.events.send", session_id=made.id, events=[result]).data
    assert again.id == echo.id


def confirmations() -> None:
    made = session(agent(tools=[TOOLSET]))
    for answer, wanted in ((("allow", None), False), (("deny", "not at this tide"), True)):
        say("Run `echo ferry`", made.id)
        found = events(made.id)
        [use] = [event for event in found if event.type == "agent.tool_use"]
        assert (use.name, use.evaluated_permission) == ("bash", "ask")
        reason = {"deny_message": answer[1]} if answer[1] else {}
        told_ = {"type": "user.tool_confirmation", "tool_use_id": use.id, "result": answer[0], **reason}
        call("sessions.events.send", session_id=made.id, events=[told_])
        [result] = [event for event in events(made.id) if event.type == "agent.tool_result"]
        assert (result.tool_use_id, bool(result.is_error)) == (use.id, wanted)
        assert ("not at this tide" if wanted else "ferry") in "".join(block.text for block in result.content)


def interrupts() -> None:
    made = session()
    say("Tell a story about the ferry in 40 steps slowly", made.id)
    for _ in range(200):
        if call("sessions.retrieve", session_id=made.id).status == "running":
            break
        time.sleep(0.02)
    refused(BadRequestError, "cannot be archived while its status is", "sessions.archive", session_id=made.id)
    refused(BadRequestError, "Cannot delete session while it is running", "sessions.delete", session_id=made.id)
    message = {"type": "user.message", "content": [{"type": "text", "text": "Say hello to the tide"}]}
    call("sessions.events.send", session_id=made.id, events=[{"type": "user.interrupt"}, message])
    assert "the tide" in "".join(texts(events(made.id)))
    call("sessions.events.send", session_id=made.id, events=[{"type": "user.interrupt"}])
    assert call("sessions.retrieve", session_id=made.id).status == "idle"


def messages_with_files() -> None:
    made = session()
    file = call("files.upload", file=("tide.png", base64.b64decode(PIXEL), "image/png"))
    content = [
        {"type": "text", "text": "What is the tide?"},
        {"type": "image", "source": picture()},
        {"type": "image", "source": {"type": "file", "file_id": file.id}},
        {"type": "document", "source": {"type": "text", "data": "high", "media_type": "text/plain"}, "title": "tide"},
    ]
    [echo] = call(
        "sessions.events.send", session_id=made.id, events=[{"type": "user.message", "content": content}]
    ).data
    assert [block.type for block in echo.content] == ["text", "image", "image", "document"]
    assert texts(events(made.id))


def initial_events() -> None:
    message = {"type": "user.message", "content": [{"type": "text", "text": "Say hello to the ferry"}]}
    made = session(initial_events=[message])
    assert "the ferry" in "".join(texts(events(made.id)))


def threads() -> None:
    made = session()
    say("Say hello to the ferry", made.id)
    events(made.id)
    [thread] = call("sessions.threads.list", session_id=made.id, limit=1).data
    running = call("sessions.threads.list", session_id=made.id, statuses=["running"]).data
    assert len(running) == (1 if OLDER else 0)
    assert (thread.session_id, thread.parent_thread_id, thread.status) == (made.id, None, "idle")
    assert same(call("sessions.threads.retrieve", session_id=made.id, thread_id=thread.id), thread)
    refused(BadRequestError, "page", "sessions.threads.list", session_id=made.id, page="page_x")
    refused(NotFoundError, "sthr_x", "sessions.threads.retrieve", session_id=made.id, thread_id="sthr_x")
    refused(BadRequestError, "thread", "sessions.threads.archive", session_id=made.id, thread_id=thread.id)
    place = {"session_id": made.id, "thread_id": thread.id}
    page = call("sessions.threads.events.list", **place, limit=2)
    assert len(page.data) == 2
    assert call("sessions.threads.events.list", **place, page=page.next_page).data
    asked["sessions.threads.events.stream"] = {*place, "event_deltas"}
    say("Say hello to the tide", made.id)
    with client.beta.sessions.threads.events.stream(**place, event_deltas=["agent.message"]) as stream:
        for kind, data in told(stream.response.iter_lines()):
            strict(session_types.BetaManagedAgentsStreamSessionThreadEvents, data.encode())
            if kind.endswith("_idle"):
                break


def budgets() -> None:
    limit = {"type": "limit", "max_list_cost": {"amount": "100", "currency": "USD"}}
    made = call("sessions.create", agent=agent().id, environment_id=environment().id, budget=limit)
    assert made.budget.max_list_cost.amount == "100"
    more = {"type": "limit", "max_list_cost": {"amount": "200", "currency": "USD"}}
    assert call("sessions.update", session_id=made.id, budget=more).budget.max_list_cost.amount == "200"
    assert call("sessions.update", session_id=made.id, budget=None).budget is None
    refused(BadRequestError, "budget_create_only", "sessions.update", session_id=session().id, budget=limit)


def models() -> None:
    found = call("models.list", limit=20)
    assert found.data
    assert call("models.retrieve", model_id=found.data[0].id).id == found.data[0].id


def betas_and_workspaces() -> None:
    made = environment(betas=["managed-agents-2026-04-01", "files-api-2025-04-14"])
    assert call("environments.retrieve", environment_id=made.id, betas=["some-beta-2026-01-01"]) == made


def every_argument_was_given() -> None:
    """Hold what was asked against what the client's methods take."""
    left = {}
    for path, given in asked.items():
        resource, _, name = path.rpartition(".")
        there: Any = client.beta if resource != "models" else client
        for part in resource.split("."):
            there = getattr(there, part)
        every = {*inspect.signature(getattr(there, name)).parameters} - BESIDE - {"betas", "workspace_id"}
        if missing := every - given - UNASKED.get(path, set()):
            left[path] = sorted(missing)
        for other in dir(there):
            if other.startswith("_") or other in UNCALLED or not inspect.ismethod(getattr(there, other)):
                continue
            if f"{resource}.{other}" not in asked:
                left[f"{resource}.{other}"] = ["it is never called"]
    assert not left, left


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal, but for how long they have been there."""
    return bool(one.to_dict() | {"stats": None} == other.to_dict() | {"stats": None})


def picture() -> dict[str, str]:
    return {"type": "base64", "media_type": "image/png", "data": PIXEL}


def texts(found: list[Any]) -> list[str]:
    return [block.text for event in found if event.type == "agent.message" for block in event.content]


UNASKED = {"models.list": {"after_id", "before_id", "lifecycle"}}
UNCALLED = {"with_raw_response", "with_streaming_response", "stream"}
"""No calls, or one that other cases make without `call`."""
CASES: tuple[Callable[[], None], ...] = (
    environments,
    agents,
    refusals_of_agents,
    sessions,
    overrides,
    session_lists,
    conversation,
    files_in_and_out,
    custom_tools,
    confirmations,
    interrupts,
    messages_with_files,
    initial_events,
    threads,
    budgets,
    models,
    betas_and_workspaces,
    every_argument_was_given,
)


def main() -> None:
    for case in CASES:
        try:
            case()
            said = "held"
        except Exception:  # noqa: BLE001 - the next ones shall run
            said = traceback.format_exc()
        print(json.dumps({"case": case.__name__, "said": said, "version": anthropic.__version__}), flush=True)


if __name__ == "__main__":
    main()
