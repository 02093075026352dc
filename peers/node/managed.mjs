// Managed Agents by the vendor's own client for node: both orders of streams, polling, a tool of the program's, files.
// These words are drawn: ferry harbour tide
import Anthropic, { toFile } from "@anthropic-ai/sdk";

const client = new Anthropic();
const beta = client.beta;
const text = (said) => [{ type: "text", text: said }];
const message = (said) => ({ events: [{ type: "user.message", content: text(said) }] });

async function untilIdle(stream, seen = () => {}) {
  for await (const event of stream) {
    await seen(event);
    if (event.type === "session.status_idle" && event.stop_reason.type === "end_turn") return;
  }
  throw new Error("the stream has ended");
}

async function said(session) {
  const texts = [];
  for await (const event of beta.sessions.events.list(session.id, { types: ["agent.message"] })) {
    texts.push(event.content.map((block) => block.text).join(""));
  }
  return texts;
}

const environment = await beta.environments.create({ name: "harbour" });
const agent = await beta.agents.create({
  name: "ferry",
  model: "claude-sonnet-5-5",
  tools: [
    { type: "agent_toolset_20260401" },
    {
      type: "custom",
      name: "get_tide",
      description: "Tells the tide.",
      input_schema: { type: "object", properties: { harbour: { type: "string" } }, required: ["harbour"] },
    },
  ],
});
console.log("agent:", agent.version, agent.model.id);

const file = await beta.files.upload({ file: await toFile(Buffer.from("harbour,tide\nnorth,4\n"), "tide.csv") });
const session = await beta.sessions.create({
  agent: agent.id,
  environment_id: environment.id,
  resources: [{ type: "file", file_id: file.id, mount_path: "tide.csv" }],
});
console.log("session:", session.status, session.resources[0].mount_path);

// it sends first, and streams afterwards
await beta.sessions.events.send(session.id, message("Read /uploads/tide.csv and tell me the column names"));
await untilIdle(await beta.sessions.events.stream(session.id));
console.log("first:", (await said(session)).at(-1).split("\n")[0]);

// it streams first, and answers a call
const stream = await beta.sessions.events.stream(session.id);
await beta.sessions.events.send(session.id, message('How is the tide in "quay-7"?'));
await untilIdle(stream, async (event) => {
  if (event.type === "agent.custom_tool_use") {
    console.log("called:", event.name, JSON.stringify(event.input));
    const answer = { type: "user.custom_tool_result", custom_tool_use_id: event.id, content: text("it is low") };
    await beta.sessions.events.send(session.id, { events: [answer] });
  }
});
console.log("second:", (await said(session)).at(-1).replaceAll("\n", " "));

// it polls, and interrupts
await beta.sessions.events.send(session.id, message("Tell a story about the ferry in 40 steps slowly"));
while ((await beta.sessions.retrieve(session.id)).status !== "running") await new Promise((go) => setTimeout(go, 50));
await beta.sessions.events.send(session.id, { events: [{ type: "user.interrupt" }] });
while ((await beta.sessions.retrieve(session.id)).status !== "idle") await new Promise((go) => setTimeout(go, 50));
const last = (await beta.sessions.events.list(session.id, { order: "desc", limit: 1 })).data[0];
console.log("interrupted:", last.type, last.stop_reason.type);

await beta.sessions.events.send(session.id, message("Write a report on the tide to /mnt/session/outputs/tide.md"));
await untilIdle(await beta.sessions.events.stream(session.id));
for await (const each of beta.files.list({ scope_id: session.id })) {
  if (each.downloadable) console.log("output:", each.filename, (await (await beta.files.download(each.id)).text()).length > 100);
}
try {
  await beta.sessions.retrieve("sesn_x");
} catch (error) {
  console.log("refused:", error.status, error.constructor.name, error.requestID.startsWith("req_"));
}
await beta.sessions.archive(session.id);
console.log("archived:", (await beta.sessions.retrieve(session.id)).status);
