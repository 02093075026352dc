/** One schedule: when it fires next, what became of its times, and what can be done with it. */
import { useState } from "preact/hooks";
import { to } from "../../app/router.ts";
import { stirred } from "../../state/board.ts";
import { go } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import * as schedules from "../../state/schedules.ts";
import { Dialog, sure } from "../../ui/ask.tsx";
import { Text } from "../../ui/field.tsx";
import { doing } from "../../ui/said.tsx";
import { exact, many, when } from "../../ui/words.ts";
import { ScheduleForm } from "./form.tsx";
import { Firings } from "./firings.tsx";

const FIRINGS = 100;

/** The page. */
export function OneSchedule({ id, edit }: { id: string; edit: boolean }) {
  const found = useLoaded((signal) => schedules.get(id, signal), [id, stirred.value]);
  const fired = useLoaded((signal) => schedules.firings(id, signal, FIRINGS), [id, stirred.value]);
  const [filling, setFilling] = useState(false);
  const { value } = found;
  const again = () => {
    found.again();
    fired.again();
  };
  if (found.error)
    return (
      <div class="page">
        <h1>Schedule</h1>
        <p class="wrong">{found.error}</p>
      </div>
    );
  if (!value)
    return (
      <div class="page" aria-busy="true">
        <h1>Schedule</h1>
      </div>
    );
  if (edit) return <ScheduleForm schedule={value} done={again} />;
  return (
    <div class="page">
      <header class="bar">
        <h1>{value.name || "Schedule"}</h1>
        <span class="dim">{value.status}</span>
        <span class="fill" />
        <Acts schedule={value} again={again} fill={() => setFilling(true)} />
      </header>
      <p class="dim">
        <a href={to("schedules")}>All schedules</a>
      </p>
      {value.paused_reason && (
        <p class="ending failed">
          Paused {when(value.paused_reason.at)}: {value.paused_reason.message}
        </p>
      )}
      <section aria-labelledby="when">
        <h2 id="when">{value.description}</h2>
        <p class="dim">
          {value.cron && <code>{value.cron}</code>} {value.timezone}
        </p>
        <ul class="plain">
          {value.upcoming.map((at) => (
            <li key={at}>
              {exact(at)} <span class="dim">here, {inZone(at, value.timezone)}</span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="what">
        <h2 id="what">What it says</h2>
        <pre tabIndex={0}>{value.message}</pre>
        <p class="dim">
          While the last one goes on: {value.overlap}. Missed times: {value.catch_up}.{" "}
          {value.agent && `Agent: ${value.agent}.`} {many(value.counts.started, "time")} started, {value.counts.skipped}{" "}
          skipped, {value.counts.missed} missed, {value.counts.failed} failed.
        </p>
      </section>
      <section aria-labelledby="fired">
        <h2 id="fired">What became of its times</h2>
        {fired.value && <Firings list={fired.value} />}
      </section>
      {filling && <Backfill id={id} done={again} close={() => setFilling(false)} />}
    </div>
  );
}

/** A time as clocks of a zone show it. */
function inZone(at: number, timeZone: string): string {
  try {
    return `${new Date(at * 1000).toLocaleTimeString([], { timeZone, hour: "2-digit", minute: "2-digit" })} in ${timeZone}`;
  } catch {
    return timeZone; // a zone that this browser does not know
  }
}

function Acts({ schedule, again, fill }: { schedule: schedules.Schedule; again: () => void; fill: () => void }) {
  const { id, status } = schedule;
  const turn = status === "active" ? "paused" : "active";
  const remove = async () => {
    if (!(await sure("Delete this schedule?", "It fires no more. Its sessions and turns stay.", "Delete"))) return;
    if (await doing(() => schedules.remove(id), "Deleted.")) go("schedules");
  };
  return (
    <div class="row">
      {status !== "ended" && (
        <>
          <button
            type="button"
            class="main"
            onClick={() => void doing(() => schedules.run(id), "It was fired.").then(again)}
          >
            Run now
          </button>
          <button type="button" onClick={() => void doing(() => schedules.change(id, { status: turn })).then(again)}>
            {status === "active" ? "Pause" : "Resume"}
          </button>
          <button type="button" onClick={() => go("schedules", [id, "edit"])}>
            Edit
          </button>
          <button type="button" onClick={fill}>
            Backfill …
          </button>
        </>
      )}
      <button type="button" onClick={() => void remove()}>
        Delete …
      </button>
    </div>
  );
}

function Backfill({ id, done, close }: { id: string; done: () => void; close: () => void }) {
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const at = (text: string): number => Math.floor(new Date(text).getTime() / 1000);
  const submit = async (event: Event) => {
    event.preventDefault();
    const fired = await doing(
      () => schedules.backfill(id, at(from), at(until)),
      "They are being fired, one after the other.",
    );
    if (!fired) return;
    done();
    close();
  };
  return (
    <Dialog title="Backfill" onClose={close}>
      <h2>Backfill</h2>
      <p class="dim">Its times between these two fire now, in their order; 100 at most.</p>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <Text label="From" type="datetime-local" value={from} set={setFrom} required />
        <Text label="To" type="datetime-local" value={until} set={setUntil} required />
        <div class="row end">
          <button type="button" onClick={close}>
            Leave it
          </button>
          <button type="submit" class="main">
            Fire them
          </button>
        </div>
      </form>
    </Dialog>
  );
}
