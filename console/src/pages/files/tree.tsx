/** A folder's entries; what is in a folder among them is opened below it. */
import { useEffect } from "preact/hooks";
import { ask, go, here } from "../../state/here.ts";
import { download } from "../../state/files.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { signal } from "../../state/signal.ts";
import { type Entry, list, reader } from "../../state/workspace.ts";
import { sure } from "../../ui/ask.tsx";
import { Act } from "../../ui/act.tsx";
import { toggled } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { doing } from "../../ui/said.tsx";
import { exact, size, when } from "../../ui/words.ts";

/** Folders that are open, while the page is. */
const open = signal<ReadonlySet<string>>(new Set());
/** When the file that is looked at was changed, as far as a list has said it. */
export const changedAt = signal(0);
/** Whether there is something in the folder that is shown. */
export const isFilled = signal(false);
/** Entries of a folder that are drawn at once. */
const MOST = 1000;

interface Branch {
  path: string;
  /** Another number: it is listed anew. */
  rev: number;
  changed: () => void;
  depth?: number;
}

/** All that is in a folder. */
export function Tree({ path, rev, changed, depth = 0 }: Branch) {
  const { value, error } = useLoaded((signal) => list(path, signal), [path, rev]);
  const { file } = here.value.asked;
  const looked = file && value?.find((each) => each.path === file);
  useEffect(() => void (looked && (changedAt.value = looked.modified)), [looked]);
  useEffect(() => void (depth || (isFilled.value = Boolean(value?.length))), [value]);
  if (error) return <p class="wrong">{error}</p>;
  if (!value) return depth ? <p class="calm">…</p> : null;
  if (!value.length && depth) return <p class="dim within">Nothing is in it.</p>;
  if (!value.length)
    return <p class="calm drop">Nothing is here. Drop files to put them in; what agents make comes here, too.</p>;
  return (
    <ul class={depth ? "tree" : "tree rows"} style={{ "--depth": depth }}>
      {value.slice(0, MOST).map((each) => (
        <Row key={each.name} entry={each} rev={rev} changed={changed} depth={depth} />
      ))}
      {value.length > MOST && (
        <li class="dim within">and {(value.length - MOST).toLocaleString()} more; `walkaway files ls` lists them.</li>
      )}
    </ul>
  );
}

function Row({ entry, rev, changed, depth }: Omit<Branch, "path"> & { entry: Entry; depth: number }) {
  const isFolder = entry.type === "directory";
  const isOpen = isFolder && open.value.has(entry.path);
  return (
    <li>
      <div class="row-of file-row" aria-current={here.value.asked["file"] === entry.path || undefined}>
        {isFolder ? (
          <button
            type="button"
            class="bare small turner"
            aria-expanded={isOpen}
            aria-label={`What is in ${entry.name}`}
            onClick={() => (open.value = toggled(open.value, entry.path))}
          >
            <Icon name="chevron" size={16} />
          </button>
        ) : (
          <span />
        )}
        <Icon name={isFolder ? "folder" : "file"} />
        <button
          type="button"
          class="bare"
          data-row
          title={entry.name}
          onClick={() => (isFolder ? go("files", entry.path.split("/")) : ask({ file: entry.path }))}
        >
          <bdi class="clip">{entry.name}</bdi>
        </button>
        <span class="dim number">{isFolder ? "" : size(entry.size)}</span>
        <time class="dim number narrowless" title={exact(entry.modified)}>
          {isFolder ? "" : when(entry.modified)}
        </time>
        {isFolder ? <span /> : <Acts entry={entry} changed={changed} />}
      </div>
      {isOpen && <Tree path={entry.path} rev={rev} changed={changed} depth={depth + 1} />}
    </li>
  );
}

function Acts({ entry, changed }: { entry: Entry; changed: () => void }) {
  const remove = async () => {
    if (!(await sure(`Delete ${entry.name}?`, "It is gone for good, for every session.", "Delete"))) return;
    await doing(async () => server().session(await reader()).files.delete(entry.path), "Deleted.");
    if (here.peek().asked["file"] === entry.path) ask({});
    changed();
  };
  return (
    <span class="acts">
      <Act
        icon="down"
        label={`Download ${entry.name}`}
        title="Download"
        small
        act={() => doing(async () => download(await reader(), entry.path))}
      />
      <Act icon="bin" label={`Delete ${entry.name}`} title="Delete" small act={remove} />
    </span>
  );
}
