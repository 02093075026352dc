// The AI SDK over its provider for Open Responses: plain, streamed, tools over several steps, and an object.
// These words are drawn: ferry harbour voyage
import { createOpenResponses } from "@ai-sdk/open-responses";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const provider = createOpenResponses({
  name: "walkaway",
  url: `${process.env.OPENAI_BASE_URL}/responses`,
  apiKey: process.env.OPENAI_API_KEY,
});
const model = provider("gpt-4.1");
const tools = {
  next_ferry: tool({
    description: "Tell when the next one leaves.",
    inputSchema: z.object({ harbour: z.string() }),
    execute: async ({ harbour }) => `the ferry leaves ${harbour} at 08:15`,
  }),
};

const plain = await generateText({ model, system: "Be brief.", prompt: "Say hello to the ferry." });
console.log("plain:", plain.finishReason, plain.text);

const streamed = streamText({ model, system: "Be brief.", prompt: "Say hello to the ferry." });
const pieces = [];
for await (const piece of streamed.textStream) pieces.push(piece);
console.log("streamed:", pieces.length > 1, pieces.join("") === plain.text);

const steps = await generateText({ model, tools, stopWhen: stepCountIs(5), prompt: "When does the ferry leave quay-7?" });
console.log("steps:", steps.steps.length, steps.text.replaceAll("\n", " "));
const live = streamText({ model, tools, stopWhen: stepCountIs(5), prompt: "When does the ferry leave quay-7?" });
console.log("steps, streamed:", (await live.steps).length, (await live.text) === steps.text);

const schema = z.object({ voyage: z.string(), minutes: z.number() });
const typed = await generateText({ model, output: Output.object({ schema }), prompt: "Plan a trip of 45 minutes." });
console.log("object:", typed.output.minutes);
try {
  await generateText({ model: provider("none"), prompt: "Say hello.", maxRetries: 0 });
} catch (error) {
  console.log("refused:", error.statusCode, error.message);
}
