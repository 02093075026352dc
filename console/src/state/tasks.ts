/** Giving tasks: a new session for a first message, attachments, and what is said to a session that is there. */
import { key } from "../../../clients/typescript/src/addresses.ts";
import { isPassing, type Session, type Turn } from "../../../clients/typescript/src/index.ts";
import { written } from "../log/message.ts";
import { note, type Session as Known } from "./board.ts";
import { upload } from "./files.ts";
import { server } from "./server.ts";
import { ALL } from "./workspace.ts";

/** How a new session is made. */
export interface Making {
  agent?: string;
  model?: string;
  approve?: string[];
}

/** What the model can be shown; everything else is in the workspace, and named. */
const SHOWN = /\.(jpe?g|png|gif|webp|pdf|txt|md|csv|json|ya?ml|html?|xml|py|js|ts|log)$/i;
const UPLOADS = "uploads";
/** Characters of a title, which servers make of a message, too: but of one with files these would stand in it. */
const TITLE = 80;

/** Begin a session with a message, and give the turn. */
export async function begin(message: string, making: Making, files: File[]): Promise<Turn> {
  const settings = {
    ...(making.agent && { agent: making.agent }),
    ...(making.model && { model: making.model }),
    ...(making.approve?.length && { approve: making.approve }),
  };
  return once(["begin", settings, message, files.map(known)], async (asked) => {
    const session = (asked.session ??= await server().sessions.create({ file_access: ALL, ...settings }));
    if (files.length) await session.update({ title: message.trim().replace(/\s+/g, " ").slice(0, TITLE).trim() });
    const turn = await send(session, message, files, "reject", asked.key).catch(async (error: unknown) => {
      if (!isPassing(error)) await session.delete().catch(() => {}); // there is nothing in it
      throw error;
    });
    note((await session.refresh()).raw as Known);
    return turn;
  });
}

/** Say something to a session. */
export function say(session: Session, message: string, files: File[], onBusy: OnBusy): Promise<Turn> {
  const what = ["say", session.id, message, files.map(known), onBusy];
  return once(what, ({ key }) => send(session, message, files, onBusy, key));
}

/** What was sent and had no answer: it may have come there. */
interface Asked {
  what: string;
  key: string;
  session?: Session;
}

let unsure: Asked | undefined;

/** Send something; what had no answer and is sent again as it was has the same key, and so is done once. */
async function once(said: unknown[], work: (asked: Asked) => Promise<Turn>): Promise<Turn> {
  const what = JSON.stringify(said);
  const asked: Asked = unsure?.what === what ? unsure : { what, key: key() };
  unsure = undefined;
  try {
    return await work(asked);
  } catch (error) {
    if (isPassing(error)) unsure = asked;
    throw error;
  }
}

const known = ({ name, size, lastModified }: File): unknown[] => [name, size, lastModified];

/** Where a file is put that goes with a message. */
export const uploaded = ({ name }: File): string => `${UPLOADS}/${name.replace(/[\\/]/g, "_")}`;

async function send(
  session: Session,
  message: string,
  files: File[],
  onBusy: OnBusy,
  idempotencyKey: string,
): Promise<Turn> {
  const paths = [];
  for (const file of files) {
    const path = uploaded(file);
    await upload(session.id, file, path);
    paths.push(path);
  }
  return session.send(written(message, paths), { onBusy, attachments: attached(paths), idempotencyKey });
}

/** Those files that go with a message itself. */
export const attached = (paths: string[]): { path: string }[] =>
  paths.filter((path) => SHOWN.test(path)).map((path) => ({ path }));

export type OnBusy = "reject" | "enqueue" | "steer" | "interrupt";
