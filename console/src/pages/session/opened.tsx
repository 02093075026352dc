/** A log from a file, as a session's page shows it; nothing is sent, and nothing of the server is asked for. */
import { to } from "../../app/router.ts";
import { here } from "../../state/here.ts";
import { open, opened } from "../../state/opened.ts";
import { doing } from "../../ui/said.tsx";
import { Icon } from "../../ui/icon.tsx";
import { many } from "../../ui/words.ts";
import { Conversation } from "./conversation.tsx";
import { Details } from "./details.tsx";
import { Turns } from "./turns.tsx";

/** The page of the file that was dropped, or chosen, last. */
export function OpenedPage() {
  const { side = "activity", turn = "" } = here.value.asked;
  if (!opened.value)
    return (
      <div class="page narrow">
        <h1>A log from a file</h1>
        <p class="calm">A session's menu saves its log. Drop such a file anywhere, and it is shown here.</p>
        <OpenLog />
      </div>
    );
  const { name, log } = opened.value;
  return (
    <div class="session" data-side={here.value.asked["side"] ? "shown" : ""} key={name}>
      <header class="head">
        <a class="bare" href={to("sessions")} aria-label="All sessions">
          <Icon name="back" />
        </a>
        <h1>
          <span class="clip">{name}</span>
        </h1>
        <span class="standing dim">read only · {many(log.events.length, "event")}</span>
      </header>
      <Turns live={log} chosen={turn} />
      <Conversation live={log} session={undefined} />
      <Details live={log} session={undefined} side={side} turn={turn} file="" />
    </div>
  );
}

/** A button that opens a log. */
export function OpenLog() {
  return (
    <label class="button">
      <Icon name="file" size={16} /> Open a log …
      <input
        type="file"
        class="unseen"
        accept=".jsonl"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (file) void doing(() => open(file));
        }}
      />
    </label>
  );
}
