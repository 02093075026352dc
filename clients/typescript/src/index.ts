/** Walkaway's client: send an agent a task that takes minutes or hours, walk away, come back for the result. */
export { Walkaway } from "./client.ts";
export * from "./errors.ts";
export type { FeedEvent } from "./feed.ts";
export { isAtEnd } from "./following.ts";
export type * as records from "./generated.ts";
export type { LogEvent } from "./generated.ts";
export { Pages } from "./lists.ts";
export { Accumulator, Decoder, Place } from "./reading.ts";
export { Session } from "./session.ts";
export type { Approver, Call, Tool, Tools } from "./tools.ts";
export type { Options } from "./transport.ts";
export { type Result, Turn } from "./turn.ts";
