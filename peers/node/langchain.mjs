// LangChain's model for node over the Responses API: invoked, streamed, with tools, structured, and in a chain.
// These words are drawn: ferry harbour voyage
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";

const configuration = { baseURL: process.env.OPENAI_BASE_URL };
const model = new ChatOpenAI({ model: "gpt-4.1", useResponsesApi: true, configuration });
const flat = (text) => text.replaceAll("\n", " ");

const plain = await model.invoke("Say hello to the ferry.");
console.log("invoked:", plain.text, plain.usage_metadata.total_tokens > 0);
let whole;
let pieces = 0;
for await (const piece of await model.stream("Say hello to the ferry.")) {
  whole = whole ? whole.concat(piece) : piece;
  pieces += 1;
}
console.log("streamed:", pieces > 2, whole.text === plain.text);

const ferry = tool(async ({ harbour }) => `the ferry leaves ${harbour} at 08:15`, {
  name: "next_ferry",
  description: "Tell when the next one leaves.",
  schema: z.object({ harbour: z.string() }),
});
const bound = model.bindTools([ferry]);
const messages = [new HumanMessage("When does the ferry leave quay-7?")];
messages.push(await bound.invoke(messages));
for (const call of messages[1].tool_calls) {
  messages.push(new ToolMessage({ content: await ferry.invoke(call.args), tool_call_id: call.id }));
}
console.log("called:", messages[1].tool_calls.length, flat((await bound.invoke(messages)).text));

const schema = z.object({ voyage: z.string(), minutes: z.number() });
const typed = await model.withStructuredOutput(schema, { method: "jsonSchema" }).invoke("Plan a trip of 45 minutes.");
console.log("typed:", typed.minutes);

const again = await model.invoke("Again.", { previous_response_id: plain.response_metadata.id });
console.log("chain:", again.response_metadata.id !== plain.response_metadata.id);
