/** The workspace: folders and files of the tenant as a tree, looked at, saved, dropped in and deleted. */
import { useEffect, useState } from "preact/hooks";
import { bind } from "../../app/keys.ts";
import { to } from "../../app/router.ts";
import { Preview } from "../../render/preview.tsx";
import { ask, here } from "../../state/here.ts";
import { download } from "../../state/files.ts";
import { useLoaded } from "../../state/loaded.ts";
import { reader, useStirring } from "../../state/workspace.ts";
import { Act } from "../../ui/act.tsx";
import { Icon } from "../../ui/icon.tsx";
import { doing } from "../../ui/said.tsx";
import { add, type Added, chosen, dropped } from "./adding.ts";
import { archive } from "./archive.ts";
import { changedAt, isFilled, Tree } from "./tree.tsx";

/** The page: a folder, and what was chosen of it. */
export function FilesPage() {
  const folder = here.value.rest.join("/");
  const { file = "" } = here.value.asked;
  const [changes, setChanges] = useState(0);
  const rev = useStirring() + changes;
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState("");
  const take = async (files: Added[]) => {
    await doing(() => add(folder, files, setBusy));
    setBusy("");
    setChanges((before) => before + 1);
  };
  useEffect(() => (file ? bind({ Escape: () => ask({}) }) : undefined), [file]);
  return (
    <div
      class={`page files-page${over ? " over" : ""}${file ? " with-file" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => event.target === event.currentTarget && setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer) void doing(async () => take(await dropped(event.dataTransfer as DataTransfer)));
      }}
    >
      <header class="bar">
        <h1>Files</h1>
        <span class="fill" />
        {isFilled.value && (
          <button type="button" onClick={() => void doing(() => archive(folder))}>
            <Icon name="down" size={16} />
            <span>
              <span class="narrowless">This folder as a </span>zip
            </span>
          </button>
        )}
        <label class="button">
          <Icon name="up" size={16} /> {busy || "Add files"}
          <input
            type="file"
            multiple
            class="unseen"
            onChange={(event) => {
              void take(chosen(event.currentTarget.files));
              event.currentTarget.value = "";
            }}
          />
        </label>
      </header>
      <Way folder={folder} />
      <div class="beside">
        <Tree path={folder} rev={rev} changed={() => setChanges((before) => before + 1)} />
        {file && <Look key={file} path={file} />}
      </div>
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
          <a href={to("files", parts.slice(0, index + 1))}>
            <bdi>{part}</bdi>
          </a>
        </span>
      ))}
    </nav>
  );
}

function Look({ path }: { path: string }) {
  const { value, error } = useLoaded(reader, []);
  return (
    <section aria-label={path} class="file">
      <div class="row tight">
        <h2 class="clip" title={path}>
          {path}
        </h2>
        <span class="fill" />
        <Act
          icon="down"
          label="Download this file"
          title="Download"
          act={() => doing(async () => download(await reader(), path))}
        />
        <Act icon="cross" label="Close" title="Close (Esc)" act={() => ask({})} />
      </div>
      {error && <p class="wrong">{error}</p>}
      {value && <Preview session={value} path={path} version={changedAt.value} />}
    </section>
  );
}
