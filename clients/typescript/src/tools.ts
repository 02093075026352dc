/** Tools that the program runs: what the server is told of them, and what is answered to a call. */
import { address } from "./addresses.ts";
import { Refused, SettingInvalid } from "./errors.ts";
import type { PendingToolCall } from "./generated.ts";
import type { Transport } from "./transport.ts";

/** A call that a turn puts to its caller. Session and `call_id` together name it, also when it is put again. */
export interface Call extends PendingToolCall {
  sessionId: string;
  turnId: string;
}

/** A function that the model can have called. **At least once**: after a crash a call is put again. */
export interface Tool<A = any> {
  /** For the model. */
  description: string;
  /** JSON schema of an object; without it the function takes nothing. */
  parameters?: Record<string, unknown>;
  /** What it returns is told to the model, text as it is, anything else as JSON; what it throws, too, as an error. */
  run(args: A, call: Call): unknown;
  /** Seconds that there are for an answer, by the server. */
  timeout?: number;
}

/** Tools by their names. */
export type Tools = Record<string, Tool>;

/** Says yes or no to a call of one of the server's tools; `{ deny }` gives the reason. */
export type Approver = (call: Call) => boolean | { deny: string } | Promise<boolean | { deny: string }>;

/** What POST …/tool_results takes for a call. */
export type Given = { call_id: string } & Record<string, unknown>;

/** What the server is told of tools. Throws SettingInvalid for a name that none can have. */
export function definitions(tools: Tools): Record<string, unknown>[] {
  return Object.entries(tools).map(([name, tool]) => {
    if (!/^[\w-]{1,64}$/.test(name) || !tool.description)
      throw new SettingInvalid(`${name}: a tool has a name of 1 to 64 letters, digits, _ and -, and a description`);
    const { description, parameters = { type: "object", properties: {} }, timeout } = tool;
    return { type: "function", name, description, parameters, timeout };
  });
}

/** Say what a function returned; undefined is an empty text. */
export function answered(call: { call_id: string }, value: unknown): Given {
  const output = value ?? "";
  if (JSON.stringify(output) === undefined) throw new TypeError(`a ${typeof value} is no JSON`);
  return { call_id: call.call_id, output };
}

/** Run a tool's function for a call, and give what is to be told of it. */
export async function ran(tool: Tool, call: Call): Promise<Given> {
  try {
    return answered(call, await tool.run(call.arguments, call));
  } catch (error) {
    const output = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { call_id: call.call_id, output, is_error: true };
  }
}

/** Say in an answer's place that the server does not take it. */
export function untold(call: Call, error: Refused): Given {
  return { call_id: call.call_id, output: `What ${call.name} gave could not be told: ${error.message}`, is_error: true };
}

/** Ask for a yes, and give what is to be told. */
export async function judged(approver: Approver, call: Call): Promise<Given> {
  const verdict = await approver(call);
  if (typeof verdict === "boolean") return { call_id: call.call_id, approve: verdict };
  if (typeof verdict?.deny === "string") return { call_id: call.call_id, approve: false, reason: verdict.deny };
  throw new SettingInvalid(
    `Whoever was asked for a yes to ${call.name} gave ${JSON.stringify(verdict)}; give true, false or { deny: "why" }. ` +
      "The call still waits",
  );
}

/** Post answers. Safe to repeat: the first answer stands. */
export async function give(transport: Transport, session: string, results: Given[], signal?: AbortSignal): Promise<void> {
  const path = address("sessions", session, "tool_results");
  await transport.json("POST", path, { json: { results }, safe: "yes", signal });
}
