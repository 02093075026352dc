/** The time, for what is shown of it: it moves once a second, and only while somebody looks. */
import { whileSeen } from "../state/seen.ts";
import { signal } from "../state/signal.ts";

/** Seconds since the epoch. */
export const now = signal(Date.now() / 1000);

whileSeen(() => (now.value = Date.now() / 1000), 1000);
