/** A file that was made, to be saved or looked at. */
import { go } from "../../state/here.ts";
import { download } from "../../state/files.ts";
import { Icon } from "../../ui/icon.tsx";
import { doing } from "../../ui/said.tsx";
import { size } from "../../ui/words.ts";

/** Its name, its size, and the two ways to it. */
export function Download({ session, path, bytes }: { session: string; path: string; bytes: number }) {
  const name = path.split("/").at(-1) ?? path;
  return (
    <span class="chip">
      <button type="button" class="bare" title={`Look at ${path}`} onClick={() => go("s", [session], { file: path })}>
        <Icon name="file" size={14} />
        {name}
      </button>
      <span class="dim">{size(bytes)}</span>
      <button
        type="button"
        class="bare small"
        aria-label={`Download ${name}`}
        title={`Download ${path}`}
        onClick={() => void doing(() => download(session, path))}
      >
        <Icon name="down" size={14} />
      </button>
    </span>
  );
}
