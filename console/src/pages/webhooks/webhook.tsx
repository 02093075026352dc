/** One webhook: what it was told, each attempt with its answer, and what can be done with it. */
import { useEffect, useState } from "preact/hooks";
import type { records } from "../../../../clients/typescript/src/index.ts";
import { to } from "../../app/router.ts";
import { go } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { sure } from "../../ui/ask.tsx";
import { doing } from "../../ui/said.tsx";
import { Mark, type State } from "../../ui/state.tsx";
import { exact, many, when } from "../../ui/words.ts";
import { Secret } from "./secret.tsx";

const ASKED = 5000;
const SHOWN = 50;
const STATES: Record<records.DeliveryRecord["status"], State> = {
  pending: "queued",
  succeeded: "completed",
  failed: "failed",
};

/** The page; while it is open it asks every five seconds what has become of deliveries. */
export function OneWebhook({ id }: { id: string }) {
  const found = useLoaded(() => server().webhooks.get(id), [id]);
  const told = useLoaded((signal) => server().webhooks.deliveries(id).nextPage(signal), [id]);
  const [secret, setSecret] = useState("");
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && told.again(), ASKED);
    return () => clearInterval(timer);
  }, [id]);
  const { value } = found;
  if (found.error)
    return (
      <div class="page">
        <h1>Webhook</h1>
        <p class="wrong">{found.error}</p>
      </div>
    );
  if (!value)
    return (
      <div class="page" aria-busy="true">
        <h1>Webhook</h1>
      </div>
    );
  const again = () => {
    found.again();
    told.again();
  };
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
      <p class="dim">Is told: {value.events.includes("*") ? "everything" : value.events.join(", ")}</p>
      {value.reason && <p class="wrong">Disabled: {value.reason}</p>}
      {value.failing_since && <p class="wrong">Failing since {when(value.failing_since)}</p>}
      <section aria-labelledby="told">
        <h2 id="told">What it was told</h2>
        {told.value?.length === 0 && <p class="calm">Nothing yet. A test sends it something.</p>}
        {told.value && told.value.length > 0 && <Rate list={told.value} />}
        <ul class="rows">
          {told.value?.slice(0, SHOWN).map((each) => (
            <Delivery key={each.id} webhook={id} delivery={each} again={told.again} />
          ))}
        </ul>
      </section>
      {secret && <Secret secret={secret} close={() => setSecret("")} />}
    </div>
  );
}

function Rate({ list }: { list: records.DeliveryRecord[] }) {
  const over = list.filter((each) => each.status !== "pending");
  const well = over.filter((each) => each.status === "succeeded").length;
  if (!over.length) return null;
  return (
    <p class="dim">
      Of the last {many(over.length, "delivery", "deliveries")} {Math.round((well / over.length) * 100)} % were taken.
    </p>
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
      <button type="button" onClick={() => void renew()}>
        New secret …
      </button>
      <button type="button" onClick={() => void remove()}>
        Delete …
      </button>
    </div>
  );
}

function Delivery({
  webhook,
  delivery,
  again,
}: {
  webhook: string;
  delivery: records.DeliveryRecord;
  again: () => void;
}) {
  const [open, setOpen] = useState(false);
  const last = delivery.attempts.at(-1);
  const answer = last ? (last.status_code ?? last.error) : "not sent yet";
  return (
    <li>
      <details class="delivery" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary data-row>
          <Mark state={STATES[delivery.status]} bare />
          <b>{delivery.type}</b>
          <span class="dim clip fill">{answer}</span>
          <span class="dim number">{many(delivery.attempts.length, "attempt")}</span>
          <time class="dim number" title={exact(delivery.created_at)}>
            {when(delivery.created_at)}
          </time>
        </summary>
        {open && <Sent webhook={webhook} delivery={delivery} again={again} />}
      </details>
    </li>
  );
}

function Sent({ webhook, delivery, again }: { webhook: string; delivery: records.DeliveryRecord; again: () => void }) {
  const { value } = useLoaded(() => server().webhooks.delivery(webhook, delivery.id), [delivery.attempts.length]);
  return (
    <div class="sent">
      <p class="small">What was sent</p>
      <pre tabIndex={0}>{value ? JSON.stringify(value.payload, null, 2) : "…"}</pre>
      <p class="small">Attempts</p>
      <ol>
        {delivery.attempts.map((each) => (
          <li key={each.at}>
            {exact(each.at)}: <b>{each.status_code ?? "no answer"}</b> in {each.latency_ms} ms{" "}
            {each.error && <span class="wrong">{each.error}</span>}
            {each.response && <pre tabIndex={0}>{each.response}</pre>}
          </li>
        ))}
      </ol>
      {delivery.next_attempt_at && <p class="dim">The next attempt: {when(delivery.next_attempt_at)}</p>}
      <p class="row">
        <code class="dim">{delivery.id}</code>
        <span class="fill" />
        <button
          type="button"
          onClick={() =>
            void doing(() => server().webhooks.redeliver(webhook, delivery.id), "It is sent again.").then(again)
          }
        >
          Send again
        </button>
      </p>
    </div>
  );
}
