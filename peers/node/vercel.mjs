// The AI SDK over OpenAI's provider: plain, streamed, tools over several steps, an object, and what was stored by its id.
// These words are drawn: ferry harbour voyage
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: process.env.OPENAI_API_KEY });
const model = openai.responses("gpt-4.1");
const ferry = tool({
  description: "Tell when the next one leaves.",
  inputSchema: z.object({ harbour: z.string() }),
  execute: async ({ harbour }) => `the ferry leaves ${harbour} at 08:15`,
});
const tools = { next_ferry: ferry };

const plain = await generateText({ model, prompt: "Say hello to the ferry." });
console.log("plain:", plain.finishReason, plain.text);

const streamed = streamText({ model, prompt: "Say hello to the ferry." });
const pieces = [];
for await (const piece of streamed.textStream) pieces.push(piece);
console.log("streamed:", pieces.length > 1, pieces.join("") === plain.text);

const steps = await generateText({ model, tools, stopWhen: stepCountIs(5), prompt: "When does the ferry leave quay-7?" });
console.log("steps:", steps.steps.length, steps.text.replaceAll("\n", " "));

const messages = [
  { role: "user", content: "When does the ferry leave quay-7?" },
  ...steps.response.messages,
  { role: "user", content: "And the ferry of quay-8?" },
];
const live = streamText({ model, tools, stopWhen: stepCountIs(5), messages });
const kinds = [];
for await (const part of live.fullStream) {
  if (part.type === "error") throw part.error;
  if (!kinds.includes(part.type)) kinds.push(part.type);
}
console.log("kinds:", kinds.join(" "));
console.log("referred to:", (await live.text).replaceAll("\n", " "));

const schema = z.object({ voyage: z.string(), minutes: z.number(), legs: z.array(z.object({ harbour: z.string() })) });
const typed = await generateText({ model, output: Output.object({ schema }), prompt: "Plan a trip of 45 minutes." });
console.log("object:", typed.output.minutes, Object.keys(typed.output).join(" "));

const first = await generateText({ model, prompt: "Say hello." });
const previousResponseId = first.providerMetadata.openai.responseId;
const next = await generateText({ model, prompt: "Again.", providerOptions: { openai: { previousResponseId } } });
console.log("chain:", next.providerMetadata.openai.responseId !== previousResponseId, next.finishReason);
try {
  await generateText({ model: openai.responses("none"), prompt: "Say hello.", maxRetries: 0 });
} catch (error) {
  console.log("refused:", error.statusCode, error.message);
}
