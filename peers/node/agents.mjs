// OpenAI's agents SDK for node: tools side by side, handoffs, an answer of a type, streams, and chains.
// These words are drawn: ferry harbour tide kragen
import { Agent, run, tool } from "@openai/agents";
import { z } from "zod";

const model = "gpt-4.1";
const ferry = tool({
  name: "next_ferry",
  description: "Tell when the next one leaves.",
  parameters: z.object({ harbour: z.string() }),
  execute: async ({ harbour }) => `the ferry leaves ${harbour} at 08:15`,
});
const tide = tool({
  name: "get_tide",
  description: "Tell how high the water is.",
  parameters: z.object({}),
  execute: async () => "the tide is high",
});
const clerk = new Agent({ name: "Clerk", instructions: "Use tools.", model, tools: [ferry, tide] });
const question = "When does the ferry leave quay-7, and how is the tide?";
const flat = (text) => text.replaceAll("\n", " ");

const plain = await run(clerk, question);
console.log("plain:", flat(plain.finalOutput));

const streamed = await run(clerk, question, { stream: true });
const pieces = [];
for await (const piece of streamed.toTextStream()) pieces.push(piece);
await streamed.completed;
console.log("streamed:", pieces.length > 2, streamed.finalOutput === plain.finalOutput);

const chained = await run(clerk, "And the ferry of quay-8?", { previousResponseId: plain.lastResponseId });
console.log("chain:", flat(chained.finalOutput));
const kept = await run(clerk, [...plain.history, { role: "user", content: "And the ferry of quay-9?" }]);
console.log("kept:", flat(kept.finalOutput));

const kragen = new Agent({ name: "Kragen", handoffDescription: "Knows of ships.", model, tools: [ferry] });
const front = Agent.create({ name: "Front desk", model, handoffs: [kragen] });
const handed = await run(front, "Let Kragen answer this.");
console.log("handed over:", handed.lastAgent.name, Boolean(handed.finalOutput));

const outputType = z.object({ harbour: z.string(), minutes: z.number() });
const planner = new Agent({ name: "Planner", model, outputType });
console.log("typed:", (await run(planner, "Plan a trip of 45 minutes.")).finalOutput.minutes);
