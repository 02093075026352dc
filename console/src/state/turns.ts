/** Records of turns that lists show: what has ended stays as it is and is asked for once. */
import type { records } from "../../../clients/typescript/src/index.ts";
import { server, tenant } from "./server.ts";
import { effect, signal } from "./signal.ts";

export type Turn = records.ResponseRecord;
const known = signal<ReadonlyMap<string, Turn>>(new Map());
const asked = new Set<string>();
effect(() => {
  if (tenant.value === "") asked.clear();
  known.value = new Map();
});

/** Give a turn, if it is known here; else ask for it, and give it when it is there. */
export function turnOf(session: string, id: string): Turn | undefined {
  const found = known.value.get(id);
  if (!found && !asked.has(id)) {
    asked.add(id);
    void load(session, id);
  }
  return found;
}

async function load(session: string, id: string): Promise<void> {
  try {
    const { raw } = await server().session(session).turn(id).refresh();
    known.value = new Map(known.value).set(id, raw as Turn);
  } catch {
    asked.delete(id); // gone, or not reached: asked for when it is shown anew
  }
}
