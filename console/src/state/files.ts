/** Files on their way: to the disk of whoever looks. */
import { server } from "./server.ts";

/** What is shown as nothing but bytes, so that no browser makes more of it. */
const BYTES = "application/octet-stream";

/** Save a file of a session's workspace. */
export async function download(session: string, path: string): Promise<void> {
  save(await server().session(session).files.read(path), path.split("/").at(-1) ?? "file");
}

/** Save bytes or text under a name. */
export function save(content: BlobPart, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: BYTES }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
