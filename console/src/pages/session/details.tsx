/** What is to be looked at beside a conversation: the work in time, files, the raw log, and facts. */
import type { JSX } from "preact";
import type { Log } from "../../log/live.ts";
import type { Session } from "../../state/board.ts";
import { ask, here } from "../../state/here.ts";
import { Activity } from "./activity.tsx";
import { Events } from "./events.tsx";
import { Facts } from "./facts.tsx";
import { Files } from "./files.tsx";

interface Beside {
  live: Log;
  session: Session | undefined;
  side: string;
  turn: string;
  file: string;
}

const TABS: { name: string; label: string; server?: true; show: (beside: Beside) => JSX.Element | null }[] = [
  { name: "activity", label: "Activity", show: Activity },
  { name: "files", label: "Files", server: true, show: Files },
  { name: "events", label: "Events", show: Events },
  { name: "facts", label: "Facts", server: true, show: Facts },
];

/** The panel. */
export function Details(beside: Beside) {
  const tabs = TABS.filter((tab) => beside.live.id || !tab.server);
  const chosen = tabs.find((tab) => tab.name === beside.side) ?? tabs[0];
  const Show = chosen?.show ?? Activity;
  const turnTo = (name: string) => ask({ ...here.peek().asked, side: name, file: "" });
  const keys = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = tabs[(tabs.findIndex((tab) => tab === chosen) + by + tabs.length) % tabs.length];
    if (next) turnTo(next.name);
    document.getElementById(`tab-${next?.name}`)?.focus();
  };
  return (
    <aside class="details" aria-label="Details">
      <div class="tabs" role="tablist" aria-label="Details" onKeyDown={keys}>
        {tabs.map((tab) => (
          <button
            key={tab.name}
            type="button"
            role="tab"
            id={`tab-${tab.name}`}
            aria-controls="side"
            aria-selected={tab === chosen}
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => turnTo(tab.name)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div id="side" role="tabpanel" aria-labelledby={`tab-${chosen?.name}`} tabIndex={0}>
        <Show {...beside} />
      </div>
    </aside>
  );
}
