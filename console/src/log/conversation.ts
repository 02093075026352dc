/** Makes a conversation of a log's events, without any I/O. The same log gives the same view, however it is cut. */
import type { LogEvent } from "../../../clients/typescript/src/index.ts";
import {
  called,
  changed,
  closed,
  ended,
  found,
  last,
  noted,
  open,
  parsed,
  said,
  spoken,
  stepOf,
  withdrawn,
  writing,
} from "./entries.ts";
import { type Changed, isOver, tokens, type Turn } from "./view.ts";

type Data = Record<string, any>;

/** The turns of a session, or of one turn's log. */
export class Conversation {
  readonly turns: Turn[] = [];
  /** How many events were taken. */
  taken = 0;
  #byId = new Map<string, Turn>();

  /** Give a turn, and make it if nothing was said of it yet. */
  turn(id: string): Turn {
    const found = this.#byId.get(id);
    if (found) return found;
    const turn: Turn = {
      id,
      status: "in_progress",
      message: undefined,
      entries: [],
      calls: new Map(),
      writing: [],
      open: {},
      steps: [],
      files: new Map(),
      at: 0,
      until: 0,
      error: "",
      code: "",
      usage: {},
      last: -1,
      rev: 0,
    };
    this.#byId.set(id, turn);
    this.turns.push(turn);
    return turn;
  }

  /** Take the next event. What is not known here changes nothing: a newer server may say more. */
  take(event: LogEvent): void {
    this.taken++;
    const data = event.data as Data;
    const id = event.turnId || (event.type === "turn.started" ? String(data["response_id"]) : "");
    if (!id) return;
    const turn = this.turn(id);
    turn.rev++;
    if (event.turnId) turn.last = event.number;
    const at = Number(data["at"] ?? 0);
    if (Object.hasOwn(HANDLERS, event.type)) HANDLERS[event.type]?.(turn, data, at);
  }
}

const HANDLERS: Record<string, (turn: Turn, data: Data, at: number) => void> = {
  "message.created": (turn, data, at) => {
    turn.status = data["status"] === "queued" ? "queued" : "in_progress";
    turn.at ||= at;
  },
  "turn.started": (turn, _, at) => {
    if (!isOver(turn)) turn.status = "in_progress";
    turn.at ||= at;
  },
  "turn.queued": (turn, data, at) => {
    turn.status = "queued";
    noted(turn, "queued", `Waits as number ${data["place"]} in the queue`, at);
  },
  "message.completed": (turn, data, at) => {
    turn.usage = data["usage"] ?? {};
    for (const file of data["files"] ?? []) turn.files.set(String(file.path), { ...file, path: String(file.path), at });
    ended(turn, "completed", at);
  },
  "message.cancelled": (turn, _, at) => ended(turn, "cancelled", at),
  "message.error": (turn, data, at) => {
    turn.error = String(data["error"] ?? "");
    turn.code = String(data["code"] ?? "");
    ended(turn, "failed", at);
  },
  "step.started": (turn, data, at) => {
    const number = Number(data["step"]);
    const attempt = Number(data["attempt"] ?? 1);
    turn.status = "in_progress";
    const step = stepOf(turn, number);
    if (!step) {
      turn.steps.push({ number, attempt, at, until: 0, tokens: 0, stopReason: "", retries: [], before: [] });
      return;
    }
    const from = step.before.at(-1)?.until ?? step.at;
    step.before.push({ at: from, until: at });
    step.attempt = attempt;
    withdrawn(turn, number);
  },
  "step.completed": (turn, data, at) => {
    const step = stepOf(turn, Number(data["step"]));
    if (!step) return;
    step.until = at;
    step.tokens = tokens(data["usage"] ?? {});
    step.stopReason = String(data["stop_reason"] ?? "");
  },
  "step.retrying": (turn, data, at) => {
    const wait = Number(data["wait"] ?? 0);
    last(turn)?.retries.push({ at, error: String(data["error"]), wait });
    noted(turn, "retrying", wait ? `Tries again in ${Math.round(wait)} s` : "Tries again", at, String(data["error"]));
  },
  "step.adjusted": (turn, data, at) =>
    noted(turn, "adjusted", `Left something out: ${data["reason"]}`, at, JSON.stringify(data["left_out"])),
  "turn.compacted": (turn, data, at) =>
    noted(turn, "compacted", "Summed up what was said so far", at, String(data["summary"])),
  "turn.steered": (turn, data, at) => noted(turn, "steered", String(data["message"]), at),
  "metadata.updated": (turn, data, at) => {
    const changes = (data["changes"] ?? {}) as Data;
    const { status, percent } = changes;
    if (status !== undefined || percent !== undefined)
      noted(turn, "progress", [percent !== undefined && `${percent} %`, status].filter(Boolean).join(" · "), at);
  },
  "thinking.start": (turn, _, at) => void spoken(turn, "thinking", at),
  "text.start": (turn, _, at) => void spoken(turn, "text", at),
  "thinking.delta": (turn, data, at) => said(turn, "thinking", data, at),
  "text.delta": (turn, data, at) => said(turn, "text", data, at),
  "thinking.stop": (turn, _, at) => closed(turn, "thinking", at),
  "text.stop": (turn, _, at) => closed(turn, "text", at),
  "text.citation": (turn, data) => {
    const entry = open(turn, "text");
    const url = (data["citation"] as Data | undefined)?.["url"];
    if (typeof url === "string") entry?.sources.add(url);
  },
  "tool_use.start": (turn, data, at) => void called(turn, String(data["id"]), String(data["name"]), at, "writing"),
  "tool_use.input_delta": (turn, data) => {
    const call = writing(turn);
    if (!call) return;
    call.written += String(data["content"]);
    call.rev++;
  },
  "tool_use.stop": (turn) => {
    const call = writing(turn);
    if (!call) return;
    call.input = parsed(call.written);
    call.state = "ready";
    call.rev++;
  },
  "tool_use.executing": (turn, data, at) => {
    const call =
      found(turn, String(data["id"])) ?? called(turn, String(data["id"]), String(data["name"]), at, "running");
    Object.assign(call, { input: data["input"], state: "running", at, needs: "" });
    call.rev++;
  },
  "tool_use.progress": (turn, data) => changed(turn, String(data["id"]), { progress: String(data["content"]) }),
  "tool_call.requested": (turn, data, at) => {
    const id = String(data["call_id"]);
    const call = found(turn, id) ?? called(turn, id, String(data["name"]), at, "waiting");
    const asked = { input: data["arguments"], state: "waiting", needs: data["needs"], expiresAt: data["expires_at"] };
    Object.assign(call, asked, { at });
    call.rev++;
  },
  "tool_call.approved": (turn, data) => changed(turn, String(data["call_id"]), { state: "ready", needs: "" }),
  "file.changed": (turn, data, at) => {
    const file: Changed = { path: String(data["path"]), op: String(data["op"]), size: data["size"] ?? null, at };
    const again = turn.files.has(file.path); // else no call has it, and none of its files is looked at
    turn.files.set(file.path, file);
    const call = found(turn, String(data["call_id"]));
    if (!call) return;
    if (again) call.files = call.files.filter((each) => each.path !== file.path);
    call.files.push(file);
    call.rev++;
  },
  tool_result: (turn, data, at) =>
    changed(turn, String(data["id"]), {
      state: data["is_error"] ? "failed" : "done",
      output: String(data["content"]),
      needs: "",
      until: at,
    }),
  "server_tool.use": (turn, data, at) => {
    const call = called(turn, String(data["id"]), String(data["name"]), at, "running");
    call.input = data["input"];
  },
  "server_tool.result": (turn, data, at) => changed(turn, String(data["id"]), { state: "done", until: at }),
  "event.unreadable": (turn, _, at) => noted(turn, "unreadable", "An event of the log cannot be read", at),
};
