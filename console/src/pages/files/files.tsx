/** The workspace: folders and files of the tenant, looked at, saved, dropped in and deleted. */
import { useState } from "preact/hooks";
import { to } from "../../app/router.ts";
import { Preview } from "../../render/preview.tsx";
import { ask, go, here } from "../../state/here.ts";
import { download, save } from "../../state/files.ts";
import { useLoaded } from "../../state/loaded.ts";
import { stirred } from "../../state/board.ts";
import { server } from "../../state/server.ts";
import { below, type Entry, list, reader } from "../../state/workspace.ts";
import { zipped } from "../../state/zip.ts";
import { sure } from "../../ui/ask.tsx";
import { Icon } from "../../ui/icon.tsx";
import { doing, say } from "../../ui/said.tsx";
import { exact, many, size, when } from "../../ui/words.ts";

/** Bytes of an archive that is made here. */
const MOST = 500_000_000;

/** The page: a folder, and what was chosen of it. */
export function FilesPage() {
  const folder = here.value.rest.join("/");
  const { file = "" } = here.value.asked;
  const { value, error, again } = useLoaded((signal) => list(folder, signal), [folder, stirred.value]);
  const [over, setOver] = useState(false);
  const add = async (list: FileList | null | undefined) => {
    const files = [...(list ?? [])]; // the field's own list is empty when the field is
    if (!files.length) return;
    await doing(
      async () => {
        const { files: into } = server().session(await reader());
        for (const each of files) await into.upload(each, [folder, each.name].filter(Boolean).join("/"));
      },
      `${many(files.length, "file")} added.`,
    );
    again();
  };
  return (
    <div
      class={`page${over ? " over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => event.target === event.currentTarget && setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void add(event.dataTransfer?.files);
      }}
    >
      <header class="bar">
        <h1>Files</h1>
        <span class="fill" />
        {value && value.length > 0 && (
          <button type="button" onClick={() => void doing(() => archive(folder))}>
            <Icon name="down" size={16} /> This folder as a zip
          </button>
        )}
        <label class="button">
          <Icon name="up" size={16} /> Add files
          <input
            type="file"
            multiple
            class="unseen"
            onChange={(event) => {
              void add(event.currentTarget.files);
              event.currentTarget.value = "";
            }}
          />
        </label>
      </header>
      <Way folder={folder} />
      {error && <p class="wrong">{error}</p>}
      {value?.length === 0 && (
        <p class="calm">Nothing is here. Drop files to put them in; what agents make comes here, too.</p>
      )}
      {value && value.length > 0 && (
        <ul class="rows">
          {value.map((each) => (
            <Row key={each.name} entry={each} again={again} />
          ))}
        </ul>
      )}
      {file && <Look path={file} />}
    </div>
  );
}

/** From the workspace's root to this folder. */
function Way({ folder }: { folder: string }) {
  const parts = folder.split("/").filter(Boolean);
  return (
    <nav class="way" aria-label="Folders">
      <a href={to("files")}>workspace</a>
      {parts.map((part, index) => (
        <span key={index}>
          <span class="dim"> / </span>
          <a href={to("files", parts.slice(0, index + 1))}>{part}</a>
        </span>
      ))}
    </nav>
  );
}

function Row({ entry, again }: { entry: Entry; again: () => void }) {
  const parts = entry.path.split("/");
  const isFolder = entry.type === "directory";
  const remove = async () => {
    if (!(await sure(`Delete ${entry.name}?`, "It is gone for good, for every session.", "Delete"))) return;
    await doing(
      async () =>
        server()
          .session(await reader())
          .files.delete(entry.path),
      "Deleted.",
    );
    again();
  };
  return (
    <li class="row-of file-row">
      <Icon name={isFolder ? "folder" : "file"} />
      <button
        type="button"
        class="bare clip"
        data-row
        onClick={() => (isFolder ? go("files", parts) : ask({ file: entry.path }))}
      >
        {entry.name}
      </button>
      <span class="dim number">{isFolder ? "" : size(entry.size)}</span>
      <time class="dim number narrowless" title={exact(entry.modified)}>
        {isFolder ? "" : when(entry.modified)}
      </time>
      {isFolder ? (
        <span />
      ) : (
        <span class="row">
          <button
            type="button"
            class="bare small"
            aria-label={`Download ${entry.name}`}
            onClick={() => void doing(async () => download(await reader(), entry.path))}
          >
            <Icon name="down" size={16} />
          </button>
          <button type="button" class="bare small" aria-label={`Delete ${entry.name}`} onClick={() => void remove()}>
            <Icon name="bin" size={16} />
          </button>
        </span>
      )}
    </li>
  );
}

function Look({ path }: { path: string }) {
  const { value, error } = useLoaded(reader, []);
  return (
    <section aria-label={path} class="file">
      <div class="row tight">
        <h2 class="clip">{path}</h2>
        <span class="fill" />
        <button type="button" class="bare" aria-label="Close" onClick={() => ask({})}>
          <Icon name="cross" size={16} />
        </button>
      </div>
      {error && <p class="wrong">{error}</p>}
      {value && <Preview session={value} path={path} />}
    </section>
  );
}

/** Save a folder with all that is below it. Throws where it is too large for that. */
async function archive(folder: string): Promise<void> {
  const found = await below(folder);
  const bytes = found.reduce((sum, each) => sum + each.size, 0);
  if (bytes > MOST)
    throw new Error(`${size(bytes)} are too much for a browser; \`walkaway files sync\` fetches folders of any size.`);
  say(`Fetching ${many(found.length, "file")}, ${size(bytes)} …`);
  const { files } = server().session(await reader());
  const packed = [];
  for (const each of found) {
    const path = folder ? each.path.slice(folder.length + 1) : each.path;
    packed.push({ path, bytes: await files.read(each.path), modified: each.modified });
  }
  save(zipped(packed), `${folder.split("/").at(-1) || "workspace"}.zip`);
}
