/** Files that are put into a folder of the workspace: chosen ones, and dropped ones with all that is in their folders. */
import { fitting, upload } from "../../state/files.ts";
import { list, reader } from "../../state/workspace.ts";
import { sure } from "../../ui/ask.tsx";
import { doing, say } from "../../ui/said.tsx";
import { many } from "../../ui/words.ts";

/** A file, and where it goes below the folder. */
export interface Added {
  path: string;
  file: File;
}

const NAMED = 3;

/** What was chosen in a field. */
export const chosen = (list: FileList | null): Added[] => [...(list ?? [])].map((file) => ({ path: file.name, file }));

/** What was dropped: files, and what is in folders under their names. */
export async function dropped(transfer: DataTransfer): Promise<Added[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((each) => each !== null);
  if (!entries.some((each) => each.isDirectory)) return chosen(transfer.files);
  return (await Promise.all(entries.map(inside))).flat();
}

async function inside(entry: FileSystemEntry): Promise<Added[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reads = (entry as FileSystemDirectoryEntry).createReader();
  const found: Added[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reads.readEntries(done, failed));
    if (!some.length) return found; // which is given by the hundred
    for (const each of some) found.push(...(await inside(each)));
  }
}

/** Put files into a folder; ask before others are replaced, and say of each what went wrong with it. */
export async function add(folder: string, files: Added[], tell: (text: string) => void): Promise<void> {
  const fit = new Set(fitting(files.map((each) => each.file)));
  const all = files.filter((each) => fit.has(each.file));
  if (!all.length || !(await mayReplace(folder, all))) return;
  const session = await reader();
  let went = 0;
  for (const [index, { path, file }] of all.entries()) {
    tell(`Adding ${index + 1} of ${all.length} …`);
    if (await doing(() => upload(session, file, [folder, path].filter(Boolean).join("/")))) went++;
  }
  if (went) say(`${many(went, "file")} added.`);
}

async function mayReplace(folder: string, all: Added[]): Promise<boolean> {
  const there = await list(folder, new AbortController().signal).catch(() => []);
  const names = new Set(there.map((each) => each.name));
  const same = [...new Set(all.map(({ path }) => path.split("/")[0] ?? ""))].filter((name) => names.has(name));
  if (!same.length) return true;
  const shown = same.slice(0, NAMED).join(", ") + (same.length > NAMED ? " …" : "");
  return sure(
    `Replace ${many(same.length, "entry", "entries")}?`,
    `There is already ${shown} here. What has the same name is replaced for good.`,
    "Replace",
  );
}
