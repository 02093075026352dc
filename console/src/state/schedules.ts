/** Schedules, by the rules of all other requests: the client has no methods for them yet. */
import { key } from "../../../clients/typescript/src/addresses.ts";
import type { records } from "../../../clients/typescript/src/index.ts";
import { server } from "./server.ts";

export type Schedule = records.ScheduleRecord;
export type Firing = records.FiringRecord;
export type Making = records.ScheduleCreate;
export type Action = Making["action"] & string;
export type Change = records.ScheduleChange;
export type Times = records.SchedulePreviewAsked;

/** So many coming times are looked at; the API gives no more. */
export const AHEAD = 100;

const of = (id: string, ...more: string[]): string =>
  `/v1/schedules/${[id, ...more].map(encodeURIComponent).join("/")}`;

/** Asked with a key of its own, so that a repetition makes nothing twice. */
async function made<T>(path: string, json: unknown): Promise<T> {
  const headers = { "Idempotency-Key": key() };
  return (await server().request("POST", path, { json, headers, safe: "with keys" })).json<T>();
}

async function got<T>(path: string, signal?: AbortSignal, params: Record<string, string | number> = {}): Promise<T> {
  return (await server().request("GET", path, { params, signal })).json<T>();
}

export const list = (signal: AbortSignal): Promise<Schedule[]> => got("/v1/schedules", signal, { limit: 1000 });
export const get = (id: string, signal: AbortSignal): Promise<Schedule> => got(of(id), signal);
export const firings = (id: string, signal: AbortSignal, limit: number): Promise<Firing[]> =>
  got(of(id, "firings"), signal, { limit });
export const create = (asked: Partial<Making>): Promise<Schedule> => made("/v1/schedules", asked);
export const run = (id: string): Promise<Firing> => made(of(id, "run"), {});
export const backfill = (id: string, from: number, to: number): Promise<Firing[]> =>
  made(of(id, "backfill"), { from, to });

/** Say when a schedule would fire, without making one. */
export async function preview(asked: Partial<Times>, signal: AbortSignal): Promise<records.SchedulePreview> {
  return (await server().request("POST", "/v1/schedules/preview", { json: asked, safe: "yes", signal })).json();
}

/** Say when one will fire: its next times, as far as they are looked at. An interval goes on as it began. */
export async function coming(schedule: Schedule, signal: AbortSignal): Promise<number[]> {
  const { cron, every, timezone, starts_at, ends_at, upcoming } = schedule;
  const [first] = upcoming;
  if (first === undefined) return [];
  if (cron) return (await preview({ cron, timezone, starts_at, ends_at, count: AHEAD }, signal)).upcoming;
  if (!every) return upcoming;
  const times = Array.from({ length: AHEAD }, (_, number) => first + number * every);
  return times.filter((at) => at <= (ends_at ?? at));
}

/** Change what is named. */
export async function change(id: string, asked: Change): Promise<Schedule> {
  return (await server().request("PATCH", of(id), { json: asked, safe: "yes" })).json("id");
}

/** Delete it. Its sessions stay. */
export async function remove(id: string): Promise<void> {
  (await server().request("DELETE", of(id))).close();
}
