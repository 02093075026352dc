/** The log as it came: every event, by name and by text, with the place to read on from. */
import { useState } from "preact/hooks";
import type { Log } from "../../log/live.ts";
import { doing } from "../../ui/said.tsx";
import { Icon } from "../../ui/icon.tsx";
import { many } from "../../ui/words.ts";

const MOST = 300;

/** The list, the newest at the end. */
export function Events({ live }: { live: Log }) {
  live.frame.value;
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const names = [...new Set(live.events.map((event) => event.type))].sort();
  const wanted = text.trim().toLowerCase();
  const found = live.events.filter(
    (event) => (!name || event.type === name) && (!wanted || JSON.stringify(event.data).toLowerCase().includes(wanted)),
  );
  const copy = () => doing(() => navigator.clipboard.writeText(live.cursor), "Copied.");
  return (
    <>
      <div class="row tight">
        <select aria-label="Events of one name" value={name} onChange={(event) => setName(event.currentTarget.value)}>
          <option value="">all events</option>
          {names.map((each) => (
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
        <button type="button" onClick={() => void copy()} disabled={!live.cursor} title={live.cursor}>
          <Icon name="copy" size={14} /> Cursor
        </button>
      </div>
      <p class="dim">
        {many(found.length, "event")}
        {found.length > MOST && `, the last ${MOST} of which are shown`}
      </p>
      <ol class="log">
        {found.slice(-MOST).map((event) => (
          <li key={event.cursor}>
            <details>
              <summary>
                <span class="dim number">{event.number}</span>
                <b>{event.type}</b>
              </summary>
              <pre tabIndex={0}>{JSON.stringify(event.data, null, 2).slice(0, 64_000)}</pre>
            </details>
          </li>
        ))}
      </ol>
    </>
  );
}
