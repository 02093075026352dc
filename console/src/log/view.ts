/** What a log comes to for a reader: turns, and in each what was thought, said, done and asked, in its order. */

import type { Message } from "./message.ts";

/** Grows by one with each change, so that what has not changed is not drawn anew. */
interface Changing {
  rev: number;
}

/** A text that the model writes: what it says, or what it thinks. */
export interface Spoken extends Changing {
  kind: "text" | "thinking";
  id: string;
  text: string;
  open: boolean;
  step: number;
  at: number;
  until: number;
  withdrawn: boolean;
  sources: Set<string>;
}

type CallState = "writing" | "ready" | "running" | "waiting" | "done" | "failed";

/** A call of a tool, the server's, the caller's, or the model service's own. */
export interface Call extends Changing {
  kind: "call";
  id: string;
  callId: string;
  name: string;
  input: unknown;
  /** The arguments while they are written, as JSON text that may be cut. */
  written: string;
  state: CallState;
  output: string;
  progress: string;
  /** What it waits for: an output, or a yes. Empty: for nobody. */
  needs: string;
  expiresAt: number;
  step: number;
  at: number;
  until: number;
  withdrawn: boolean;
  files: Changed[];
}

/** Something that happened beside it. */
export interface Note extends Changing {
  kind: "note";
  id: string;
  what: string;
  text: string;
  detail: string;
  at: number;
  step: number;
  withdrawn: boolean;
}

export type Entry = Spoken | Call | Note;

/** A file that a call has changed. */
export interface Changed {
  path: string;
  op: string;
  size: number | null;
  at: number;
}

/** One call of the model with what its tools did. */
export interface Step {
  number: number;
  attempt: number;
  at: number;
  until: number;
  tokens: number;
  stopReason: string;
  retries: { at: number; error: string; wait: number }[];
  /** Attempts before this one: what they wrote is withdrawn. */
  before: { at: number; until: number }[];
}

type Status = "queued" | "in_progress" | "completed" | "failed" | "cancelled";

/** One message and what became of it. */
export interface Turn extends Changing {
  id: string;
  status: Status;
  /** What the user said; undefined: not known here yet. */
  message: Message | undefined;
  entries: Entry[];
  /** Among the entries, so that no event looks through all of them: calls by id, texts and calls that are written. */
  calls: Map<string, Call>;
  writing: Call[];
  open: Partial<Record<Spoken["kind"], Spoken>>;
  steps: Step[];
  files: Map<string, Changed>;
  at: number;
  until: number;
  error: string;
  code: string;
  usage: Record<string, number>;
  /** The number of the last event of its log that is here; -1: none. */
  last: number;
}

/** Whether a turn is over. */
export const isOver = (turn: { status: Status }): boolean =>
  turn.status === "completed" || turn.status === "failed" || turn.status === "cancelled";

/** The tokens that a step or a turn took, as a service counts them. */
export const tokens = (usage: Record<string, number>): number =>
  (usage["input_tokens"] ?? 0) +
  (usage["output_tokens"] ?? 0) +
  (usage["cache_read_input_tokens"] ?? 0) +
  (usage["cache_creation_input_tokens"] ?? 0);
