/** A folder of the workspace as a zip that is made here, file by file. */
import { save, whole } from "../../state/files.ts";
import { below, type Entry, reader } from "../../state/workspace.ts";
import { zipped } from "../../state/zip.ts";
import { say } from "../../ui/said.tsx";
import { many, size } from "../../ui/words.ts";

/** Bytes, and files, of an archive that is made here. */
const MOST = 500_000_000;
const FILES = 65_000;

/** Save a folder with all that is below it. Throws where it is too large for that. */
export async function archive(folder: string): Promise<void> {
  const found = await below(folder);
  const bytes = found.reduce((sum, each) => sum + each.size, 0);
  if (!found.length) throw new Error("There is no file in this folder.");
  if (bytes > MOST || found.length > FILES)
    throw new Error(
      `${many(found.length, "file")} with ${size(bytes)} are too much for a browser; \`walkaway files sync\` fetches folders of any size.`,
    );
  say(`Fetching ${many(found.length, "file")}, ${size(bytes)} …`);
  const name = folder.split("/").at(-1) || "workspace";
  save(await zipped(contents(folder, found)), `${name}.zip`);
}

async function* contents(folder: string, found: Entry[]) {
  const session = await reader();
  for (const each of found) {
    const content = await whole(session, each.path);
    yield { path: folder ? each.path.slice(folder.length + 1) : each.path, content, modified: each.modified };
  }
}
