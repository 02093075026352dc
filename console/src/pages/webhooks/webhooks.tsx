/** Webhooks: all of them, one with what it was told, and a new one. */
import { useState } from "preact/hooks";
import type { records } from "../../../../clients/typescript/src/index.ts";
import { to } from "../../app/router.ts";
import { go, here } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { Text } from "../../ui/field.tsx";
import { doing } from "../../ui/said.tsx";
import { when } from "../../ui/words.ts";
import { OneWebhook } from "./webhook.tsx";
import { Secret } from "./secret.tsx";

type Name = Exclude<NonNullable<records.WebhookCreate["events"]>[number], "*">;
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
  "session.deleted": true,
  "session.expired": true,
  "schedule.fired": true,
  "schedule.skipped": true,
  "schedule.failed": true,
  "schedule.paused": true,
  "webhook.disabled": true,
};
const EVENTS = Object.keys(TOLD) as Name[];

/** The page that the address names. */
export function Webhooks() {
  const [id = ""] = here.value.rest;
  if (id === "new") return <New />;
  return id ? <OneWebhook key={id} id={id} /> : <List />;
}

function List() {
  const { value, error } = useLoaded(() => server().webhooks.list(), []);
  return (
    <div class="page">
      <header class="bar">
        <h1>Webhooks</h1>
        <span class="fill" />
        <button type="button" class="main" onClick={() => go("webhooks", ["new"])}>
          New webhook
        </button>
      </header>
      {error && <p class="wrong">{error}</p>}
      {value?.length === 0 && (
        <p class="calm">
          A webhook is an address of yours that is told what happens: signed, and again until it is taken.
        </p>
      )}
      {value && value.length > 0 && (
        <ul class="cards spaced">
          {value.map((each) => (
            <Card key={each.id} webhook={each} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Card({ webhook }: { webhook: records.WebhookRecord }) {
  return (
    <li class="card">
      <div class="about">
        <a class="title" data-row href={to("webhooks", [webhook.id])}>
          {webhook.name || webhook.url}
        </a>
        <p class="dim clip">
          {webhook.name && `${webhook.url} · `}
          {webhook.events.includes("*") ? "everything" : webhook.events.join(", ")}
        </p>
        {webhook.reason && <p class="wrong">Disabled: {webhook.reason}</p>}
        {webhook.failing_since && <p class="wrong">Failing since {when(webhook.failing_since)}</p>}
      </div>
      <span class="dim">{webhook.status}</span>
    </li>
  );
}

function New() {
  const [url, setUrl] = useState("");
  const [name, setName] = useState("");
  const [events, setEvents] = useState<ReadonlySet<string>>(
    new Set(["turn.completed", "turn.failed", "turn.awaiting_tools"]),
  );
  const [made, setMade] = useState<records.WebhookCreated | null>(null);
  const toggle = (event: string) => {
    const next = new Set(events);
    if (!next.delete(event)) next.add(event);
    setEvents(next);
  };
  const save = () =>
    doing(async () => {
      const chosen = EVENTS.filter((event) => events.has(event));
      setMade(await server().webhooks.create({ url, name, ...(chosen.length && { events: chosen }) }));
    });
  return (
    <div class="page narrow">
      <h1>New webhook</h1>
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
        <fieldset>
          <legend>
            <b>What it is told</b> <span class="dim">nothing chosen: what matters most</span>
          </legend>
          <div class="choices">
            {EVENTS.map((event) => (
              <label key={event} class="check">
                <input type="checkbox" checked={events.has(event)} onChange={() => toggle(event)} />
                <span>{event}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <div class="row end">
          <a href={to("webhooks")}>Leave it</a>
          <button type="submit" class="main">
            Create
          </button>
        </div>
      </form>
      {made && <Secret secret={made.secret} close={() => go("webhooks", [made.id])} />}
    </div>
  );
}
