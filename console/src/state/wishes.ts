/** What one has chosen for this device: the theme, and whether to be told by the desktop. */
import { keep, kept } from "./kept.ts";
import { effect, signal } from "./signal.ts";

export type Theme = "system" | "light" | "dark";
export const THEMES: Theme[] = ["system", "light", "dark"];

/** Light, dark, or as the system has it. */
export const theme = signal<Theme>(kept<Theme>("theme") ?? "system");
/** Whether the desktop tells what needs an answer while one looks elsewhere. */
export const notify = signal(kept<boolean>("notify") ?? false);

effect(() => {
  document.documentElement.style.colorScheme = theme.value === "system" ? "light dark" : theme.value;
  keep("theme", theme.value === "system" ? undefined : theme.value);
});
effect(() => keep("notify", notify.value || undefined));
