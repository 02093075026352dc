/** Sends a message again that came to nothing. */
import type { Turn } from "../../../clients/typescript/src/index.ts";
import { heardIn, written } from "../log/message.ts";
import { server } from "./server.ts";
import { attached } from "./tasks.ts";

const PAGES = 20;

/** Find what was said to a turn, and say it once more, with its files. Throws where these, or that, are not found. */
export async function again(session: string, turn: string): Promise<Turn> {
  const handle = server().session(session);
  const pages = handle.messages();
  for (let read = 0; read < PAGES && pages.cursor !== null; read++)
    for (const said of await pages.nextPage()) {
      if (said.response_id !== turn || said.role !== "user" || said.step !== 0) continue;
      const { text, files, nameless } = heardIn(said.content);
      if (nameless) throw new Error("A picture came with it that is nowhere in the workspace; say it anew, with that.");
      return handle.send(written(text, files), { onBusy: "enqueue", attachments: attached(files) });
    }
  throw new Error("What was said to it is not in the conversation any more; say it anew.");
}
