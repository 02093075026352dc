/** The keyboard: single letters where nobody types, two one after the other for pages, and Ctrl or ⌘ with K. */
import { go } from "../state/here.ts";
import { signal } from "../state/signal.ts";
import { PAGES } from "./pages.tsx";

/** Whether the palette, or the list of keys, is open. */
export const palette = signal(false);
export const help = signal(false);

const SOON = 1200;
const FOCUSED = "a, button, summary, [tabindex]";
const TYPED = "textarea, select, input:not([type=checkbox], [type=radio], [type=file])";
const COMPOSER = "textarea[data-composer=new]";
/** Frames of a browser in which a page is drawn, on a slow machine as well. */
const FRAMES = 120;
const own = new Map<string, () => void>();

/** Bind a key for as long as a page is shown; gives what ends it. Use it in an effect. */
export function bind(keys: Record<string, () => void>): () => void {
  for (const [name, act] of Object.entries(keys)) own.set(name, act);
  return () => {
    for (const [name, act] of Object.entries(keys)) if (own.get(name) === act) own.delete(name);
  };
}

let first = "";
let at = 0;

/** Whether a key is the second one of two, as in `g a`: a letter of its own it is not then. */
export const isSecond = (event: KeyboardEvent): boolean => event.timeStamp - at < SOON && first !== "";

/** Listen to the keyboard until the signal says stop. */
export function listen(signal: AbortSignal): void {
  const down = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const both = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (both && event.key.toLowerCase() === "k") {
      event.preventDefault();
      palette.value = !palette.value;
      return;
    }
    if (event.key === "Escape" && typing(event.target)) (event.target as HTMLElement).blur();
    if (both || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const name = isSecond(event) ? `${first} ${event.key}` : event.key;
    first = event.key === "g" ? "g" : "";
    at = event.timeStamp;
    const act = own.get(name) ?? common(name);
    if (!act) return;
    event.preventDefault();
    act();
  };
  addEventListener("keydown", down, { signal });
}

function common(name: string): (() => void) | undefined {
  if (name === "?") return () => (help.value = true);
  if (name === "c") return () => compose();
  if (name === "/") return () => document.querySelector<HTMLElement>("[data-filter]")?.focus();
  if (name === "j" || name === "k") return () => step(name === "j" ? 1 : -1);
  if (name === "w") return () => step(1, ".question");
  const page = PAGES.find((each) => each.letter && `g ${each.letter}` === name);
  return page && (() => go(page.path));
}

function compose(): void {
  if (!document.querySelector(COMPOSER)) go("");
  focus(COMPOSER);
}

/** Give something the focus as soon as it is drawn. */
export function focus(selector: string, frames = FRAMES): void {
  const found = document.querySelector<HTMLElement>(selector);
  if (found) found.focus();
  else if (frames) requestAnimationFrame(() => focus(selector, frames - 1));
}

/** Go up and down a list: whatever in the page is marked as one of its rows, from where the focus is. */
function step(by: number, which = "[data-row]"): void {
  const rows = [...document.querySelectorAll<HTMLElement>(`main ${which}`)];
  const at = document.querySelector("main :focus");
  const index = rows.findIndex((row) => row.contains(at));
  const precedes = (row: Node) => Boolean(at && at.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_PRECEDING);
  const before = at ? rows.filter(precedes).length : by > 0 ? 0 : rows.length;
  const wanted = index < 0 ? before - (by > 0 ? 0 : 1) : index + by;
  const next = rows[Math.min(rows.length - 1, Math.max(0, wanted))];
  const target = next?.matches(FOCUSED) ? next : next?.querySelector<HTMLElement>(FOCUSED);
  target?.focus();
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches(TYPED));
}
