/** The place that is shown now, as a signal; and the ways to another one. */
import { place, to } from "../app/router.ts";
import { computed, signal } from "./signal.ts";

const hash = signal(location.hash);
addEventListener("hashchange", () => (hash.value = location.hash));

/** Where one is. */
export const here = computed(() => place(hash.value));

/** Go to a page. */
export function go(page: string, rest: string[] = [], asked: Record<string, string> = {}): void {
  location.hash = to(page, rest, asked);
}

/** Change what is asked of the page that is shown, and leave no step to go back to. */
export function ask(asked: Record<string, string>): void {
  const { page, rest } = here.value;
  history.replaceState(null, "", to(page, rest, asked));
  hash.value = location.hash;
}
