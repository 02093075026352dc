// OpenAI's client for node: plain, streamed, with tools, parsed, left and taken up, cancelled, its lists in queries.
// These words are drawn: ferry harbour
import assert from "node:assert";

import OpenAI from "openai";

const client = new OpenAI();
const model = "gpt-4.1";
const made = await client.responses.create({ model, input: "Say hello to the ferry." });
console.log("created:", made.status, made.output_text);
assert.equal((await client.responses.retrieve(made.id, { include: ["file_search_call.results"] })).id, made.id);

const stream = client.responses.stream({ model, input: "Say hello to the ferry." });
let deltas = 0;
stream.on("response.output_text.delta", () => (deltas += 1));
const final = await stream.finalResponse();
console.log("streamed:", deltas > 1, final.output_text === made.output_text);

const parameters = {
  type: "object",
  properties: { harbour: { type: "string" } },
  required: ["harbour"],
  additionalProperties: false,
};
const tools = [{ type: "function", name: "next_ferry", parameters, strict: true }];
const asked = await client.responses.create({ model, input: "When does the ferry leave quay-7?", tools });
const input = asked.output
  .filter((item) => item.type === "function_call")
  .map((call) => ({ type: "function_call_output", call_id: call.call_id, output: `it leaves ${call.arguments}` }));
const told = await client.responses.create({ model, input, tools, previous_response_id: asked.id });
console.log("called:", told.output_text.replaceAll("\n", " "));

const events = [];
for await (const event of await client.responses.create({ model, input: "Say hello.", stream: true, background: true })) {
  events.push(event);
  if (event.sequence_number === 5) break;
}
const rest = await client.responses.retrieve(events[0].response.id, { stream: true, starting_after: 5 });
for await (const event of rest) events.push(event);
console.log("taken up:", events.every((event, n) => event.sequence_number === n), events.at(-1).type);

const slow = await client.responses.create({ model, input: "Tell a story in 4 steps slowly", background: true });
console.log("cancelled:", (await client.responses.cancel(slow.id)).status);
const items = [];
for await (const item of client.responses.inputItems.list(asked.id, { include: ["message.input_image.image_url"] })) {
  items.push(item.type);
}
console.log("input:", items);
await client.responses.delete(made.id);
await assert.rejects(client.responses.retrieve(made.id), OpenAI.NotFoundError);
await assert.rejects(client.responses.create({ model: "none", input: "x" }), { status: 400, param: "model" });
console.log("refused");
