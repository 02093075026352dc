/** A file that was made, to be saved or looked at. */
import { go } from "../../state/here.ts";
import { download, last } from "../../state/files.ts";
import { Act } from "../../ui/act.tsx";
import { Icon } from "../../ui/icon.tsx";
import { doing } from "../../ui/said.tsx";
import { size } from "../../ui/words.ts";

/** Its name, its size where that is known, and the two ways to it. */
export function Download({ session, path, bytes }: { session: string; path: string; bytes?: number }) {
  const name = last(path);
  return (
    <span class="chip">
      <button type="button" class="bare" title={`Look at ${path}`} onClick={() => go("s", [session], { file: path })}>
        <Icon name="file" size={14} />
        <span class="clip">{name}</span>
      </button>
      {bytes !== undefined && <span class="dim">{size(bytes)}</span>}
      <Act
        icon="down"
        label={`Download ${name}`}
        title={`Download ${path}`}
        size={14}
        small
        act={() => doing(() => download(session, path))}
      />
    </span>
  );
}
