/** Webhooks: all of them, each with how much of what it was told was taken. */
import type { records } from "../../../../clients/typescript/src/index.ts";
import { to } from "../../app/router.ts";
import { go, here } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { when } from "../../ui/words.ts";
import { Rate } from "./deliveries.tsx";
import { WebhookForm } from "./form.tsx";
import { Verify } from "./secret.tsx";
import { OneWebhook } from "./webhook.tsx";

/** The page that the address names. */
export function Webhooks() {
  const [id = "", edit = ""] = here.value.rest;
  if (id === "new") return <WebhookForm />;
  return id ? <OneWebhook key={id} id={id} edit={edit === "edit"} /> : <List />;
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
        <>
          <p class="calm">
            A webhook is an address of yours that is told what happens: signed, and again until it is taken.
          </p>
          <Verify />
        </>
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
  const { value } = useLoaded((signal) => server().webhooks.deliveries(webhook.id).nextPage(signal), []);
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
      <span class="dim narrowless">{value && <Rate list={value} />}</span>
      <span class="dim">{webhook.status}</span>
    </li>
  );
}
