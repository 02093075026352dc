/** What can go wrong between a program and a server, in sentences. Nothing of `fetch`'s gets out. */
import type { Call, Turn } from "./turn.ts";

/** Something is wrong: the message says what, and what to do next. */
export class WalkawayError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** What an answer without success says. */
export interface Said {
  status: number;
  /** Its short name for programs; empty where something before the server answered. */
  code: string;
  message: string;
  /** To find the request in the server's log; empty if it has none. */
  requestId: string;
  /** Seconds after which it is worth asking again; 0 where nothing is said. */
  retryAfter: number;
  /** Id of the turn that it is about, or empty. */
  turnId: string;
}

/** The server said no. */
export class Refused extends WalkawayError implements Said {
  declare readonly status: number;
  declare readonly code: string;
  declare readonly requestId: string;
  declare readonly retryAfter: number;
  declare readonly turnId: string;
  constructor({ message, ...said }: Said) {
    super(`${message} (${[said.status, said.code, said.requestId].filter(Boolean).join(", ")})`);
    Object.assign(this, said);
  }
}
/** 400, 415, 422: the request is malformed. */
export class BadRequest extends Refused {}
/** The cursor is no place in this log. */
export class CursorInvalid extends BadRequest {}
/** 401: no key, or one that the server does not know. */
export class Unauthorized extends Refused {}
/** 403: a path that this session may not touch, or a server that answers only its own machine. */
export class Forbidden extends Refused {}
/** 404: it never was, it was deleted, its time is over, or it is another tenant's. */
export class NotFound extends Refused {}
/** 409: it does not go with how things stand. */
export class Conflict extends Refused {}
/** A turn runs; `turnId` is its id. Or say what becomes of the message: `onBusy`. */
export class SessionBusy extends Conflict {}
/** As many messages as may wait for this session wait already. */
export class QueueFull extends Conflict {}
/** Something else has this name. */
export class NameTaken extends Conflict {}
/** This call has another answer, which stands. */
export class AlreadyAnswered extends Conflict {}
/** Nobody waits for this answer any more. */
export class NotWaiting extends Conflict {}
/** 412: another version than the one that was meant. */
export class PreconditionFailed extends Refused {}
/** 413, 431: more than a limit allows. */
export class TooLarge extends Refused {}
/** The Idempotency-Key stands for another request. */
export class IdempotencyMismatch extends Refused {}
/** 429. */
export class TooManyRequests extends Refused {}
/** 408 and 5xx, also after repeats. */
export class ServerFailed extends Refused {}

/** No answer came. `sent`: whether the server may have acted. */
export class Unreachable extends WalkawayError {
  readonly sent: boolean;
  constructor(message: string, sent = false) {
    super(message);
    this.sent = sent;
  }
}
/** A log could not be followed any further. It is all there: read on from `cursor`. */
export class ConnectionLost extends Unreachable {
  readonly cursor: string;
  constructor(message: string, cursor: string) {
    super(message);
    this.cursor = cursor;
  }
}
/** The time is over that the caller gave. The turn goes on: `turn.result()` waits for it anew. */
export class TimedOut extends Unreachable {
  readonly turn: Turn;
  constructor(message: string, turn: Turn) {
    super(message, true);
    this.turn = turn;
  }
}
/** Something answers at this address, and it is no Walkaway, or something in between. */
export class NotWalkaway extends WalkawayError {}
/** The server is older than what is asked of it. */
export class FeatureMissing extends WalkawayError {}
/** An address, a key or an argument cannot be used. */
export class SettingInvalid extends WalkawayError {}
/** An event is missing between two others, which never happens: please report it. */
export class LogBroken extends WalkawayError {}

class OfTurn extends WalkawayError {
  readonly turn: Turn;
  constructor(turn: Turn, message: string) {
    super(`${turn.ref} ${message}`);
    this.turn = turn;
  }
}
/** The turn failed. `code`: the error's short name. */
export class TurnFailed extends OfTurn {
  readonly code: string;
  constructor(turn: Turn, code: string, why: string) {
    super(turn, `failed: ${why}${code && ` (${code})`}`);
    this.code = code;
  }
}
/** The turn was cancelled. What it had said is in `turn.text`. */
export class TurnCancelled extends OfTurn {
  constructor(turn: Turn) {
    super(turn, "was cancelled. What it had said is in turn.text");
  }
}
/** The turn waits for `calls` that nobody in this program answers. It goes on when they are answered. */
export class TurnWaiting extends OfTurn {
  readonly calls: Call[];
  constructor(turn: Turn, calls: Call[]) {
    const names = calls.map((call) => `${call.name} (${call.needs}, ${call.call_id})`);
    super(
      turn,
      `waits for ${names.join(", ")}. Answer by turn.answer(call, output), turn.approve(call) or ` +
        `turn.deny(call), or wait for whoever else does: onWaiting: "wait"`,
    );
    this.calls = calls;
  }
}

const BY_CODE: Record<string, typeof Refused> = {
  "cursor.invalid": CursorInvalid,
  "idempotency.mismatch": IdempotencyMismatch,
  "session.busy": SessionBusy,
  "session.queue_full": QueueFull,
  "tool_call.answered": AlreadyAnswered,
  "tool_call.not_waiting": NotWaiting,
};
const BY_STATUS: Record<number, typeof Refused> = {
  400: BadRequest,
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  408: ServerFailed,
  409: Conflict,
  412: PreconditionFailed,
  413: TooLarge,
  415: BadRequest,
  422: BadRequest,
  429: TooManyRequests,
  431: TooLarge,
};

/** Make the error that an answer is, by its code, else by its status. */
export function refused(said: Said): Refused {
  const named = said.code.endsWith(".name_taken") ? NameTaken : BY_CODE[said.code];
  return new (named ?? BY_STATUS[said.status] ?? (said.status >= 500 ? ServerFailed : Refused))(said);
}

/** Whether it passes by itself, so that whoever follows something comes back. */
export function isPassing(error: unknown): error is Unreachable | Refused {
  if (error instanceof ConnectionLost || error instanceof TimedOut) return false;
  return error instanceof Unreachable || error instanceof ServerFailed || error instanceof TooManyRequests;
}
