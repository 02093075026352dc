/** One webhook: what it was told, each attempt with its answer, and what can be done with it. */
import { useEffect, useState } from "preact/hooks";
import type { records } from "../../../../clients/typescript/src/index.ts";
import { to } from "../../app/router.ts";
import { go } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { whileSeen } from "../../state/seen.ts";
import { server } from "../../state/server.ts";
import { sure } from "../../ui/ask.tsx";
import { doing } from "../../ui/said.tsx";
import { when } from "../../ui/words.ts";
import { Delivery, Rate } from "./deliveries.tsx";
import { WebhookForm } from "./form.tsx";
import { Secret } from "./secret.tsx";
import { Awaited, Section } from "../../ui/section.tsx";

const ASKED = 5000;
const SHOWN = 50;

/** The page; while it is open it asks every five seconds what has become of deliveries. */
export function OneWebhook({ id, edit }: { id: string; edit: boolean }) {
  const found = useLoaded(() => server().webhooks.get(id), [id]);
  const told = useLoaded((signal) => server().webhooks.deliveries(id).nextPage(signal), [id]);
  const [secret, setSecret] = useState("");
  useEffect(() => whileSeen(told.again, ASKED), [id]);
  const { value } = found;
  if (found.error || !value) return <Awaited title="Webhook" error={found.error} />;
  const again = () => {
    found.again();
    told.again();
  };
  if (edit) return <WebhookForm webhook={value} done={again} />;
  const rotate = () => doing(async () => setSecret((await server().webhooks.rotate(id)).secret));
  return (
    <div class="page">
      <header class="bar">
        <h1>{value.name || "Webhook"}</h1>
        <span class="dim">{value.status}</span>
        <span class="fill" />
        <Acts webhook={value} again={again} rotate={() => void rotate()} />
      </header>
      <p class="dim">
        <a href={to("webhooks")}>All webhooks</a>
      </p>
      <p>
        <code>{value.url}</code>
      </p>
      {value.description && <p>{value.description}</p>}
      <p class="dim">Is told: {value.events.includes("*") ? "everything" : value.events.join(", ")}</p>
      {value.reason && <p class="wrong">Disabled: {value.reason}</p>}
      {value.failing_since && <p class="wrong">Failing since {when(value.failing_since)}</p>}
      <Section id="told" title="What it was told">
        {told.value?.length === 0 && <p class="calm">Nothing yet. A test sends it something.</p>}
        {told.value && (
          <p class="dim">
            <Rate list={told.value} />
          </p>
        )}
        <ul class="rows">
          {told.value?.slice(0, SHOWN).map((each) => (
            <Delivery key={each.id} webhook={id} delivery={each} again={told.again} />
          ))}
        </ul>
      </Section>
      {secret && <Secret secret={secret} close={() => setSecret("")} />}
    </div>
  );
}

function Acts({ webhook, again, rotate }: { webhook: records.WebhookRecord; again: () => void; rotate: () => void }) {
  const { id, status } = webhook;
  const turn = status === "enabled" ? ("disabled" as const) : ("enabled" as const);
  const renew = async () => {
    const text = "For a day from now messages are signed with both, the old one and the new one.";
    if (await sure("Make a new secret?", text, "Make it")) rotate();
  };
  const remove = async () => {
    if (
      !(await sure("Delete this webhook?", "It is told nothing any more, and what it was told is forgotten.", "Delete"))
    )
      return;
    if (await doing(() => server().webhooks.delete(id), "Deleted.")) go("webhooks");
  };
  return (
    <div class="row">
      <button
        type="button"
        class="main"
        onClick={() => void doing(() => server().webhooks.test(id), "A test is on its way.").then(again)}
      >
        Send a test
      </button>
      <button
        type="button"
        onClick={() => void doing(() => server().webhooks.update(id, { status: turn })).then(again)}
      >
        {status === "enabled" ? "Disable" : "Enable"}
      </button>
      <button type="button" onClick={() => go("webhooks", [id, "edit"])}>
        Edit
      </button>
      <button type="button" onClick={renew}>
        New secret …
      </button>
      <button type="button" onClick={remove}>
        Delete …
      </button>
    </div>
  );
}
