// What others call as tools: agents are listed, sessions made, spoken to, waited for, interrupted and read on, by id.
// These words are drawn: ferry harbour tide
import Anthropic from "@anthropic-ai/sdk";

const beta = new Anthropic().beta;
const MOST = 500;
// what this program knows; whatever else comes is counted
const KNOWN = new Set([
  ...["user.message", "user.interrupt", "user.custom_tool_result", "user.tool_confirmation"],
  ...["agent.message", "agent.thinking", "agent.tool_use", "agent.tool_result", "agent.custom_tool_use"],
  ...["agent.mcp_tool_use", "agent.mcp_tool_result", "span.model_request_start", "span.model_request_end"],
  ...["session.status_running", "session.status_idle", "session.status_rescheduled", "session.status_terminated"],
  ...["session.thread_status_running", "session.thread_status_idle", "session.thread_status_terminated"],
  ...["session.error", "session.updated"],
]);
const unknown = new Set();
const sleep = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

function summary(event) {
  if (!KNOWN.has(event.type)) unknown.add(event.type);
  const base = { id: event.id, type: event.type, processed_at: event.processed_at };
  if (event.type === "agent.message") return { ...base, text: event.content.map((block) => block.text).join("") };
  if (event.type.endsWith("tool_use")) return { ...base, name: event.name };
  if (event.type.endsWith("tool_result")) return { ...base, is_error: event.is_error };
  return event.type === "session.status_idle" ? { ...base, stop_reason: event.stop_reason } : base;
}

const tools = {
  async list_agents({ limit = 50, name_contains = "" }) {
    const found = [];
    for await (const each of beta.agents.list({ limit: 2 })) {
      if (each.name.toLowerCase().includes(name_contains.toLowerCase())) found.push(each);
      if (found.length >= limit) break;
    }
    return found.map(({ id, name, description, model }) => ({ id, name, description, model: model.id }));
  },
  async create_session({ agent_id, title }) {
    const { id, status } = await beta.sessions.create({ agent: agent_id, environment_id: environment.id, title });
    return { session_id: id, status };
  },
  async send_message({ session_id, text }) {
    const message = { type: "user.message", content: [{ type: "text", text }] };
    await beta.sessions.events.send(session_id, { events: [message] });
    return { queued: true };
  },
  async interrupt({ session_id }) {
    await beta.sessions.events.send(session_id, { events: [{ type: "user.interrupt" }] });
    return { queued: true };
  },
  async get_session({ session_id }) {
    const { id, status, title, agent, usage } = await beta.sessions.retrieve(session_id);
    return { id, status, title, agent: agent.name, usage };
  },
  async list_events({ session_id, after_id }) {
    const events = [];
    let skip = Boolean(after_id);
    for await (const event of beta.sessions.events.list(session_id, { limit: 7 })) {
      if (!skip) events.push(summary(event));
      if (event.id === after_id) skip = false;
      if (events.length >= MOST) break;
    }
    return { events, truncated: events.length >= MOST };
  },
  // by polling: the status, then what is new behind the last event that was known
  async wait_for_idle({ session_id, after_id, timeout = 60_000 }) {
    const until = Date.now() + timeout;
    let status;
    while ((status = (await beta.sessions.retrieve(session_id)).status) !== "idle" && status !== "terminated") {
      if (Date.now() > until) return { status: "timeout" };
      await sleep(50);
    }
    const { events } = await tools.list_events({ session_id, after_id });
    const last = events.at(-1);
    if (last.stop_reason?.type === "requires_action") status = "requires_action";
    return {
      status,
      reply: events.map((event) => event.text ?? "").join(" ").trim(),
      activity: events.filter((event) => event.name).map((event) => event.name),
      last_event_id: last.id,
    };
  },
  // by a stream that is closed again: the same end, without a list
  async stream_to_idle({ session_id, timeout = 60_000 }) {
    const until = Date.now() + timeout;
    const told = { status: "timeout", reply: "", activity: [], last_event_id: undefined };
    const stream = await beta.sessions.events.stream(session_id);
    try {
      for await (const event of stream) {
        const said = summary(event);
        told.last_event_id = event.id;
        told.reply += said.text ?? "";
        if (said.name) told.activity.push(said.name);
        if (event.type === "session.status_terminated") told.status = "terminated";
        if (event.type === "session.status_idle") {
          told.status = event.stop_reason.type === "requires_action" ? "requires_action" : "idle";
        }
        if (told.status !== "timeout" || Date.now() > until) break;
      }
    } finally {
      stream.controller.abort();
    }
    return told;
  },
  async archive_session({ session_id }) {
    return { archived: Boolean((await beta.sessions.archive(session_id)).archived_at) };
  },
};

async function call(name, input = {}) {
  try {
    return await tools[name](input);
  } catch (error) {
    return { error: `${name}: ${error.status}` };
  }
}

const environment = await beta.environments.create({ name: "harbour" });
for (const name of ["ferry-one", "ferry-two", "harbour-three"]) {
  await beta.agents.create({
    name,
    model: "claude-sonnet-5-5",
    tools: [
      { type: "agent_toolset_20260401" },
      {
        type: "custom",
        name: "get_tide",
        description: "Tells the tide.",
        input_schema: { type: "object", properties: { at: { type: "string" } }, required: ["at"] },
      },
    ],
  });
}
const found = await call("list_agents", { name_contains: "Ferry" });
console.log("agents:", found.map((each) => `${each.name} ${each.model}`).sort().join(", "));
console.log("one:", (await call("list_agents", { name_contains: "ferry", limit: 1 })).length);

const { session_id, status } = await call("create_session", { agent_id: found[0].id, title: "A tide" });
console.log("session:", status, (await call("get_session", { session_id })).title);
await call("send_message", { session_id, text: "Run `seq 3 > tide && wc -l < tide`" });
const first = await call("wait_for_idle", { session_id });
console.log("first:", first.status, first.activity.join(), first.reply.replaceAll("\n", " "));

// it is waited for in vain, interrupted in the middle, and goes on
await call("send_message", { session_id, text: "Tell a story about the ferry in 400 steps slowly" });
while ((await call("get_session", { session_id })).status !== "running") await sleep(20);
console.log("in vain:", (await call("wait_for_idle", { session_id, after_id: first.last_event_id, timeout: 300 })).status);
const begun = await call("stream_to_idle", { session_id, timeout: 0 });
console.log("streamed:", begun.status, Boolean(begun.last_event_id));
console.log("interrupted:", (await call("interrupt", { session_id })).queued);
const stopped = await call("wait_for_idle", { session_id, after_id: first.last_event_id });
const { events } = await call("list_events", { session_id, after_id: first.last_event_id });
const kinds = events.map((event) => event.type);
console.log("stopped:", stopped.status, events.at(-1).stop_reason.type, stopped.last_event_id === events.at(-1).id);
console.log("order:", kinds.filter((kind) => kind === "user.message").length, kinds.filter((kind) => kind === "user.interrupt").length,
  kinds.indexOf("user.interrupt") > kinds.indexOf("session.status_running"),
  kinds.filter((kind) => kind === "session.status_idle").length);
console.log("nothing to stop:", (await call("interrupt", { session_id })).queued, (await call("get_session", { session_id })).status);

// a call is waited for: it says so by both ways, and a message is refused
await call("send_message", { session_id, text: 'How is the tide in "harbour-7"?' });
const asked = await call("stream_to_idle", { session_id });
console.log("asked:", asked.status, asked.activity.join(), (await call("wait_for_idle", { session_id, after_id: stopped.last_event_id })).status);
console.log("refused:", (await call("send_message", { session_id, text: "Are you there?" })).error);
await call("interrupt", { session_id });
const closed = await call("wait_for_idle", { session_id, after_id: asked.last_event_id });
console.log("closed:", closed.status);
await call("send_message", { session_id, text: "Run `cat tide`" });
const again = await call("stream_to_idle", { session_id });
console.log("again:", again.status, again.activity.join(), again.reply.replaceAll("\n", " "));

const all = (await call("list_events", { session_id })).events;
console.log("all:", new Set(all.map((event) => event.id)).size === all.length, all.length > 7, all.at(-1).id === again.last_event_id);
console.log("archived:", (await call("archive_session", { session_id })).archived, (await call("stream_to_idle", { session_id })).status);
console.log("no such one:", (await call("get_session", { session_id: "sesn_x" })).error);
console.log("unknown:", [...unknown].join() || "none");
