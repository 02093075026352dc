/** Giving tasks: a new session for a first message, attachments, and what is said to a session that is there. */
import { isPassing, type Session, type Turn } from "../../../clients/typescript/src/index.ts";
import { note, type Session as Known } from "./board.ts";
import { upload } from "./files.ts";
import { server } from "./server.ts";

/** How a new session is made. */
export interface Making {
  agent?: string;
  model?: string;
  approve?: string[];
}

/** What the model can be shown; everything else is put into the workspace and named. */
const SHOWN = /\.(jpe?g|png|gif|webp|pdf|txt|md|csv|json|ya?ml|html?|xml|py|js|ts|log)$/i;
const UPLOADS = "uploads";

/** Begin a session with a message, and give the turn. */
export async function begin(message: string, making: Making, files: File[]): Promise<Turn> {
  const settings = {
    ...(making.agent && { agent: making.agent }),
    ...(making.model && { model: making.model }),
    ...(making.approve?.length && { approve: making.approve }),
  };
  const session = await server().sessions.create({ file_access: { read: [""], write: [""] }, ...settings });
  const turn = await say(session, message, files, "reject").catch(async (error: unknown) => {
    if (!isPassing(error)) await session.delete().catch(() => {}); // there is nothing in it
    throw error;
  });
  note((await session.refresh()).raw as Known);
  return turn;
}

/** Say something to a session. */
export async function say(session: Session, message: string, files: File[], onBusy: OnBusy): Promise<Turn> {
  const paths = [];
  for (const file of files) {
    const path = `${UPLOADS}/${file.name.replace(/[\\/]/g, "_")}`;
    await upload(session.id, file, path);
    paths.push(path);
  }
  const attachments = paths.filter((path) => SHOWN.test(path)).map((path) => ({ path }));
  const named = paths.filter((path) => !SHOWN.test(path)).map((path) => `There is a file for you: ${path}`);
  return session.send([message, ...named].join("\n\n"), { onBusy, attachments });
}

export type OnBusy = "reject" | "enqueue" | "steer" | "interrupt";
