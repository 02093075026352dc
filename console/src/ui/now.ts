/** The time, for what is shown of it: it moves once a second, and only while somebody looks. */
import { signal } from "@preact/signals";

/** Seconds since the epoch. */
export const now = signal(Date.now() / 1000);

setInterval(() => {
  if (!document.hidden) now.value = Date.now() / 1000;
}, 1000);
