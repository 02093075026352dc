/** Times, spans, sizes and money, in few words. Times come as the API has them: seconds since the epoch. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** A span: `40 ms`, `8 s`, `1:12`, `2 h 5 min`, `3 d`. */
export function span(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 0.995) return `${Math.round(s * 1000)} ms`;
  if (s < 10) return `${Math.round(s * 10) / 10} s`;
  if (s < MINUTE) return `${Math.round(s)} s`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)}:${String(Math.floor(s % MINUTE)).padStart(2, "0")}`;
  if (s < DAY) return `${Math.floor(s / HOUR)} h ${Math.floor((s % HOUR) / MINUTE)} min`;
  const days = Math.floor(s / DAY);
  return s < 10 * DAY && Math.floor((s % DAY) / HOUR) ? `${days} d ${Math.floor((s % DAY) / HOUR)} h` : `${days} d`;
}

/** How much is left: `1:58 h left` becomes `2 h left`, never more exact than somebody acts on. */
export function left(seconds: number): string {
  if (seconds <= 0) return "time is over";
  if (seconds < 2 * MINUTE) return `${Math.ceil(seconds)} s left`;
  if (seconds < 2 * HOUR) return `${Math.round(seconds / MINUTE)} min left`;
  if (seconds < 2 * DAY) return `${Math.round(seconds / HOUR)} h left`;
  return `${Math.round(seconds / DAY)} d left`;
}

/** When something was: `just now`, `5 min ago`, `today 14:05`, `yesterday 22:10`, `Tue 18:04`, `12 Mar`. */
export function when(at: number, now: number = Date.now() / 1000): string {
  const ago = now - at;
  if (ago >= 0 && ago < 45) return "just now";
  if (ago >= 0 && ago < HOUR) return `${Math.max(1, Math.round(ago / MINUTE))} min ago`;
  const [then, today] = [new Date(at * 1000), new Date(now * 1000)];
  const days = Math.round((midnight(today) - midnight(then)) / (DAY * 1000));
  const clock = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  if (days === -1) return `tomorrow ${clock}`;
  if (Math.abs(days) < 7) return `${then.toLocaleDateString([], { weekday: "short" })} ${clock}`;
  const year = then.getFullYear() === today.getFullYear() ? {} : ({ year: "numeric" } as const);
  return then.toLocaleDateString([], { day: "numeric", month: "short", ...year });
}

/** A time to the second, for those who look twice. */
export const exact = (at: number): string => new Date(at * 1000).toLocaleString();

/** The time zone of this device. */
export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What the clocks of a zone show then, `08:00 in Europe/Berlin`; nothing where that is this device's zone. */
export function inZone(at: number, timeZone: string): string {
  if (timeZone === zone()) return "";
  try {
    const clock = new Date(at * 1000).toLocaleTimeString([], { timeZone, hour: "2-digit", minute: "2-digit" });
    return `${clock} in ${timeZone}`;
  } catch {
    return `in ${timeZone}`; // a zone that this browser does not know
  }
}

/** Bytes: `412 B`, `41 KB`, `1.2 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} KB`;
  if (bytes < 999_500_000) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Money: `$0.04`, `$12.30`; less than a cent to the first digit that counts. */
export function money(dollars: number): string {
  if (dollars === 0 || dollars >= 0.01) return `$${dollars.toFixed(2)}`;
  return `$${dollars.toPrecision(1)}`;
}

/** A count: `812`, `18.2k`, `1.4M`. */
export function count(number: number): string {
  if (number < 1000) return String(number);
  if (number < 999_950) return `${(number / 1000).toFixed(1)}k`;
  return `${(number / 1e6).toFixed(1)}M`;
}

/** One or many: `1 file`, `3 files`. */
export const many = (number: number, one: string, more = `${one}s`): string => `${number} ${number === 1 ? one : more}`;

const midnight = (date: Date): number => new Date(date).setHours(0, 0, 0, 0);
