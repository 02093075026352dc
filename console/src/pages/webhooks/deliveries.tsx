/** What a webhook was to be told: how much of it was taken, and each with its attempts and their answers. */
import { useState } from "preact/hooks";
import type { records } from "../../../../clients/typescript/src/index.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { doing } from "../../ui/said.tsx";
import { Mark, type State } from "../../ui/state.tsx";
import { exact, many, when } from "../../ui/words.ts";

const STATES: Record<records.DeliveryRecord["status"], State> = {
  pending: "queued",
  succeeded: "completed",
  failed: "failed",
};

/** How many of them were taken, in words. */
export function Rate({ list }: { list: records.DeliveryRecord[] }) {
  const over = list.filter((each) => each.status !== "pending");
  const well = over.filter((each) => each.status === "succeeded").length;
  if (!over.length) return null;
  return (
    <>
      {Math.round((well / over.length) * 100)} % of the last {many(over.length, "delivery", "deliveries")} taken
    </>
  );
}

/** One of them; what was sent is asked for when it is opened. */
export function Delivery({
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
