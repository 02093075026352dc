"""A person decides on a dozen calls at once: each is looked up by its event's id, and answered by itself."""

# These words are drawn: ferry voucher harbour
from anthropic import Anthropic

client = Anthropic()
VOUCHER = {
    "type": "custom",
    "name": "approve_voucher",
    "description": "Asks a person about a voucher.",
    "input_schema": {"type": "object", "properties": {"voucher": {"type": "string"}}, "required": ["voucher"]},
}

environment = client.beta.environments.create(
    name="harbour",
    config={"type": "cloud", "networking": {"type": "limited", "allowed_hosts": [], "allow_mcp_servers": False,
                                            "allow_package_managers": False}},
)  # fmt: skip
agent = client.beta.agents.create(
    name="voucher-gate", model="claude-sonnet-5-5", tools=[{"type": "agent_toolset_20260401"}, VOUCHER]
)
session = client.beta.sessions.create(environment_id=environment.id, agent=agent.id)
client.beta.sessions.events.send(
    session.id,
    events=[{"type": "user.message", "content": [{"type": "text", "text": "Approve the voucher, 12 tools at once"}]}],
)

seen: dict[str, object] = {}
rounds = 0
with client.beta.sessions.events.stream(session.id) as stream:
    for event in stream:
        if event.type == "agent.custom_tool_use":
            seen[event.id] = event
        if event.type != "session.status_idle":
            continue
        if event.stop_reason.type != "requires_action":
            print("ended:", event.stop_reason.type)
            break
        rounds += 1
        waiting = [seen[id_] for id_ in event.stop_reason.event_ids]  # dies of a KeyError if one came too late
        print("waiting:", len(waiting))
        for use in waiting[:5]:
            client.beta.sessions.events.send(
                session.id,
                events=[
                    {
                        "type": "user.custom_tool_result",
                        "custom_tool_use_id": use.id,
                        "content": [{"type": "text", "text": f"paid {use.input['voucher']}"}],
                    }
                ],
            )

messages = [event for event in client.beta.sessions.events.list(session.id) if event.type == "agent.message"]
print("paid:", messages[-1].content[0].text.count("paid"))
print("asked:", len(seen))
