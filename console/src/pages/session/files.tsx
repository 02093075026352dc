/** What the turns of a session have made, and one of it to look at. */
import type { Log } from "../../log/live.ts";
import type { Changed } from "../../log/view.ts";
import { Preview } from "../../render/preview.tsx";
import { download } from "../../state/files.ts";
import { ask, here } from "../../state/here.ts";
import { Act } from "../../ui/act.tsx";
import { Icon } from "../../ui/icon.tsx";
import { doing } from "../../ui/said.tsx";
import { size, when } from "../../ui/words.ts";

/** The list, or the file that was chosen. */
export function Files({ live, file }: { live: Log; file: string }) {
  live.frame.value;
  if (file) return <One session={live.id} path={file} />;
  const all = new Map<string, Changed>();
  for (const turn of live.conversation.turns) for (const [path, changed] of turn.files) all.set(path, changed);
  const there = [...all.values()].filter((each) => each.op !== "deleted").sort((a, b) => b.at - a.at);
  if (!there.length) return <p class="calm">No file was made here yet.</p>;
  const open = (path: string) => ask({ ...here.peek().asked, side: "files", file: path });
  return (
    <ul class="files">
      {there.map((each) => (
        <li key={each.path}>
          <button type="button" class="bare" data-row onClick={() => open(each.path)}>
            <Icon name="file" size={16} />
            <span class="clip">{each.path}</span>
          </button>
          <span class="dim number">{size(each.size ?? 0)}</span>
          <time class="dim number narrowless">{when(each.at)}</time>
          <Save session={live.id} path={each.path} />
        </li>
      ))}
    </ul>
  );
}

function Save({ session, path }: { session: string; path: string }) {
  return (
    <Act
      icon="down"
      label={`Download ${path}`}
      title="Download"
      small
      act={() => doing(() => download(session, path))}
    />
  );
}

function One({ session, path }: { session: string; path: string }) {
  return (
    <section class="file" aria-label={path}>
      <div class="row tight">
        <Act
          icon="back"
          label="All files"
          act={() => ask({ ...here.peek().asked, side: "files", file: "" })}
        />
        <b class="clip">{path}</b>
        <span class="fill" />
        <Save session={session} path={path} />
      </div>
      <Preview session={session} path={path} />
    </section>
  );
}
