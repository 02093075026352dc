/** Times as schedules write them, cron of a time and days of the week, and spans; and schedules in words. */
import type { records } from "../../../../clients/typescript/src/index.ts";
import { many } from "../../ui/words.ts";

const DAY = 86_400;
const USUAL = /^([0-5]?\d) ([01]?\d|2[0-3]) \* \* (\*|[0-6](?:[-,][0-6])*)$/;

/** A time like `08:00`, and days of the week, Sunday being 0. */
export interface Usual {
  time: string;
  days: ReadonlySet<number>;
}

/** Read an expression; empty where it says something else than a time and days of the week. */
export function read(cron: string): Usual {
  const said = USUAL.exec(cron.trim());
  if (!said) return { time: "", days: new Set() };
  const [, minute = "", hour = "", on = ""] = said;
  const days = on
    .replace("*", "0-6")
    .split(",")
    .flatMap((part) => {
      const [from = 0, to = from] = part.split("-").map(Number);
      return Array.from({ length: Math.max(0, to - from + 1) }, (_, number) => from + number);
    });
  return { time: `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`, days: new Set(days) };
}

/** Write an expression. No day of the week is every day. */
export function write({ time, days }: Usual): string {
  const [hour = 8, minute = 0] = (time || "08:00").split(":").map(Number);
  const some = [...days].sort((a, b) => a - b).join(",");
  return `${minute} ${hour} * * ${days.size % 7 ? some.replace("1,2,3,4,5", "1-5") : "*"}`;
}

/** Read a span as the API has it, `720h` or `1h30m`; gives days. */
export function days(span: string): number {
  const [, hours = 0, minutes = 0, seconds = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(span) ?? [];
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) / DAY;
}

/** Write days as the API takes a span: in whole hours if they are some, and else in minutes. */
export function inHours(count: number): string {
  const minutes = Math.round((count * DAY) / 60);
  return minutes % 60 ? `${minutes}m` : `${minutes / 60}h`;
}

/** What it is called: its name, or else what it does. */
export const called = ({ name, action, message }: records.ScheduleRecord): string =>
  name || (action === "prune" ? "Deletes idle sessions" : message.slice(0, 60));

/** What one deletes, in words. */
export function deletes({ older_than }: records.SchedulePrune): string {
  const count = Math.round(days(older_than) * 100) / 100;
  return `deletes sessions that are idle and that nobody has used for ${many(count, "day")}`;
}
