/** A log that was opened from a file: looked at, and in no way acted on. */
import { ofLines } from "../log/export.ts";
import type { Log } from "../log/live.ts";
import { go } from "./here.ts";
import { tenant } from "./server.ts";
import { effect, signal } from "./signal.ts";

/** The log, and the name of its file. */
export const opened = signal<{ name: string; log: Log } | undefined>(undefined);

effect(() => {
  if (tenant.value !== "") return;
  opened.value = undefined;
});

const MOST = 256_000_000;

/** Read a file that a session's menu has saved, and show it. Throws an Error that says what is wrong with it. */
export async function open(file: File): Promise<void> {
  if (file.size > MOST) throw new Error(`${file.name} is larger than a log that is opened here may be (256 MB).`);
  const { events, conversation } = ofLines(await file.text());
  const cursor = events.at(-1)?.cursor ?? "";
  opened.value = { name: file.name, log: { id: "", conversation, events, frame: signal(0), over: signal(""), cursor } };
  go("log");
}
