/** Sends a message again that came to nothing. */
import type { Turn } from "../../../clients/typescript/src/index.ts";
import { server } from "./server.ts";

const PAGES = 20;

/** Find what was said to a turn, and say it once more. Throws where it is not found. */
export async function again(session: string, turn: string): Promise<Turn> {
  const handle = server().session(session);
  const pages = handle.messages();
  for (let read = 0; read < PAGES && pages.cursor !== null; read++)
    for (const said of await pages.nextPage()) {
      if (said.response_id !== turn || said.role !== "user" || said.step !== 0) continue;
      const text = said.content.map((block) => String(block["text"] ?? "")).join("\n");
      return handle.send(text.trim(), { onBusy: "enqueue" });
    }
  throw new Error("What was said to it is not in the conversation any more; say it anew.");
}
