/** A new webhook, or another way for one that is there. */
import { useState } from "preact/hooks";
import type { records } from "../../../../clients/typescript/src/index.ts";
import { to } from "../../app/router.ts";
import { go } from "../../state/here.ts";
import { server } from "../../state/server.ts";
import { Text, toggled } from "../../ui/field.tsx";
import { doing } from "../../ui/said.tsx";
import { Secret } from "./secret.tsx";

type Told = Exclude<NonNullable<records.WebhookCreate["events"]>[number], "*">;
/** What endpoints of the format `managed` alone are told, by its own names: they keep them, and are not offered them. */
type Managed =
  | "session.status_run_started"
  | "session.status_idled"
  | "session.status_terminated"
  | "session.requires_action"
  | "session.budget_reached"
  | "session.running"
  | "session.idled";
type Name = Exclude<Told, Managed>;
/** What can be told, as far as one asks for it by name: each name of the API's, which the compiler sees to. */
const TOLD: Record<Name, true> = {
  "turn.started": true,
  "turn.awaiting_tools": true,
  "turn.completed": true,
  "turn.failed": true,
  "turn.cancelled": true,
  "turn.queued": true,
  "turn.resumed": true,
  "session.created": true,
  "session.updated": true,
  "session.archived": true,
  "session.deleted": true,
  "session.expired": true,
  "schedule.fired": true,
  "schedule.skipped": true,
  "schedule.failed": true,
  "schedule.paused": true,
  "webhook.disabled": true,
};
const EVENTS = Object.keys(TOLD) as Name[];

/** What one is told, by name: all of it where it is told everything. */
const named = (events: string[]): string[] => (events.includes("*") ? EVENTS : events);

/** The page. */
export function WebhookForm({ webhook, done }: { webhook?: records.WebhookRecord; done?: () => void }) {
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [name, setName] = useState(webhook?.name ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [events, setEvents] = useState<ReadonlySet<string>>(
    new Set(webhook ? named(webhook.events) : ["turn.completed", "turn.failed", "turn.awaiting_tools"]),
  );
  const [made, setMade] = useState<records.WebhookCreated | null>(null);
  const save = () =>
    doing(async () => {
      const asked = { url, name, description, ...(events.size && { events: [...events] as Told[] }) };
      if (!webhook) return setMade(await server().webhooks.create(asked));
      await server().webhooks.update(webhook.id, asked);
      done?.();
      go("webhooks", [webhook.id]);
    });
  return (
    <div class="page narrow">
      <h1>{webhook ? `Edit ${webhook.name || "webhook"}` : "New webhook"}</h1>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Text
          label="Address"
          type="url"
          value={url}
          set={setUrl}
          required
          placeholder="https://example.com/hook"
          about="http or https, on port 80 or 443, at a public address."
        />
        <Text label="Name" value={name} set={setName} about="Its own here; may be left out." />
        <Text label="Description" value={description} set={setDescription} about="For people." />
        <fieldset>
          <legend>
            <b>What it is told</b> <span class="dim">nothing chosen: what matters most</span>
          </legend>
          <div class="choices">
            {EVENTS.map((event) => (
              <label key={event} class="check">
                <input type="checkbox" checked={events.has(event)} onChange={() => setEvents(toggled(events, event))} />
                <span>{event}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <div class="row end">
          <a href={to("webhooks", webhook ? [webhook.id] : [])}>Leave it</a>
          <button type="submit" class="main">
            {webhook ? "Save" : "Create"}
          </button>
        </div>
      </form>
      {made && <Secret secret={made.secret} close={() => go("webhooks", [made.id])} />}
    </div>
  );
}
