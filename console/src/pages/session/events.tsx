/** The log as it came: every event, by name and by text, with the place to read on from. */
import { useMemo, useState } from "preact/hooks";
import type { LogEvent } from "../../../../clients/typescript/src/index.ts";
import type { Log } from "../../log/live.ts";
import { Picked } from "../../log/picked.ts";
import { Clipped } from "../../ui/clipped.tsx";
import { copy } from "../../ui/copy.ts";
import { doing } from "../../ui/said.tsx";
import { Icon } from "../../ui/icon.tsx";
import { many } from "../../ui/words.ts";

const MOST = 300;

/** The list, the newest at the end. */
export function Events({ live }: { live: Log }) {
  live.frame.value;
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const { found, names } = useMemo(() => new Picked(name, text), [live, name, text]).of(live.events);
  const take = () => doing(() => copy(live.cursor), "Copied.");
  return (
    <>
      <div class="row tight">
        <select aria-label="Events of one name" value={name} onChange={(event) => setName(event.currentTarget.value)}>
          <option value="">all events</option>
          {[...names].sort().map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <input
          type="search"
          data-filter
          aria-label="Events with a text"
          placeholder="with a text"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="button" onClick={take} disabled={!live.cursor} title={live.cursor}>
          <Icon name="copy" size={14} /> Cursor
        </button>
      </div>
      <p class="dim">
        {many(found.length, "event")}
        {found.length > MOST && `, the last ${MOST} of which are shown`}
      </p>
      <ol class="log">
        {found.slice(-MOST).map((event) => (
          <One key={event.cursor} event={event} />
        ))}
      </ol>
    </>
  );
}

function One({ event }: { event: LogEvent }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
        <summary>
          <span class="dim number">{event.number}</span>
          <b>{event.type}</b>
        </summary>
        {open && (
          <Clipped text={JSON.stringify(event.data, null, 2)} />
        )}
      </details>
    </li>
  );
}
