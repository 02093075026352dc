/** Files of a session's workspace: up, down, and what there is. They belong to the tenant, and outlive the session. */
import { address } from "./addresses.ts";
import { SettingInvalid } from "./errors.ts";
import type { FileEntry, FileWritten } from "./generated.ts";
import type { Transport } from "./transport.ts";

/** The workspace as a session sees it. Paths begin at its root. */
export class Files {
  #transport: Transport;
  #path: string;

  constructor(transport: Transport, session: string) {
    this.#transport = transport;
    this.#path = address("sessions", session, "files");
  }

  /** Give the entries of a directory, by their names there. */
  async list(path = "", signal?: AbortSignal): Promise<FileEntry[]> {
    const params = { path: path.replace(/^\/+|\/+$/g, "") };
    return this.#transport.json<FileEntry[]>("GET", this.#path, { params, signal }, "name", "type");
  }

  /** Give the path of every file below a directory. */
  async *walk(path = "", signal?: AbortSignal): AsyncGenerator<string, void> {
    const left = [path];
    for (let folder = left.pop(); folder !== undefined; folder = left.pop())
      for (const entry of await this.list(folder, signal)) {
        const each = `${folder}/${entry.name}`.replace(/^\/+/, "");
        if (entry.type === "file") yield each;
        else left.push(each);
      }
  }

  /** Give a file's bytes. Throws SettingInvalid for a folder. */
  async read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const answer = await this.#transport.request("GET", this.#of(path), { signal });
    if (!answer.header("etag")) {
      answer.close();
      throw new SettingInvalid(`${path} is a folder: list() says what it has`);
    }
    return answer.bytes();
  }

  /** Give a file's text, which is UTF-8. */
  async readText(path: string, signal?: AbortSignal): Promise<string> {
    return new TextDecoder().decode(await this.read(path, signal));
  }

  /** Send text or bytes, such as a browser's File, to a path. */
  async upload(source: string | Blob | BufferSource, path: string, signal?: AbortSignal): Promise<FileWritten> {
    const headers = { "Content-Type": "application/octet-stream" };
    return this.#transport.json<FileWritten>("PUT", this.#of(path), { body: source, headers, signal }, "path");
  }

  /** Delete a file. */
  async delete(path: string): Promise<void> {
    await this.#transport.delete(this.#of(path));
  }

  #of(path: string): string {
    const parts = path.replace(/^\/+|\/+$/g, "").split("/");
    return `${this.#path}/${parts.map(encodeURIComponent).join("/")}`;
  }
}
