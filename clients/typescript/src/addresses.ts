/** Names of things: written into addresses, and read from what has them. */
import { SettingInvalid } from "./errors.ts";

/** Write names into an address of the API, so that none of them leads elsewhere. */
export function address(...parts: string[]): string {
  return `/v1/${parts.map(encodeURIComponent).join("/")}`;
}

/** Make an Idempotency-Key. A page that came by plain HTTP has no `randomUUID`. */
export function key(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

/** Give the id that is given, or that a record or a handle has. Throws SettingInvalid for what names nothing. */
export function idOf(what: string, given: string | { id: string }): string {
  const found = typeof given === "string" ? given : given?.id;
  if (typeof found !== "string" || !found.trim() || found.includes("/"))
    throw new SettingInvalid(`${what} is named by its id, or by what has one; ${JSON.stringify(given)?.slice(0, 100)} has none`);
  return found.trim();
}
