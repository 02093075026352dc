/** Steps of a long turn that are over, folded: what is in it is drawn when it is opened. */
import { useState } from "preact/hooks";
import { FOLD } from "../../log/folds.ts";
import type { Turn } from "../../log/view.ts";
import { Icon } from "../../ui/icon.tsx";
import { many } from "../../ui/words.ts";
import { Entry } from "./entry.tsx";

/** One fold. */
export function Fold({ turn, from, session }: { turn: Turn; from: number; session: string }) {
  const [open, setOpen] = useState(false);
  const first = turn.entries[from]?.step;
  const last = turn.entries[from + FOLD - 1]?.step;
  return (
    <details class="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="chevron" size={16} />
        {first === last ? `Step ${first}` : `Steps ${first} to ${last}`}
        <span class="dim">{many(FOLD, "entry", "entries")}</span>
      </summary>
      {open &&
        turn.entries
          .slice(from, from + FOLD)
          .map((entry) => <Entry key={entry.id} entry={entry} rev={entry.rev} session={session} turn={turn.id} />)}
    </details>
  );
}
