/** One schedule: when it fires next, what became of its times, and what can be done with it. */
import { useEffect } from "preact/hooks";
import { to } from "../../app/router.ts";
import { stirred } from "../../state/board.ts";
import { here } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { whileSeen } from "../../state/seen.ts";
import * as schedules from "../../state/schedules.ts";
import { exact, inZone, many, when } from "../../ui/words.ts";
import { Acts } from "./acts.tsx";
import { ScheduleForm } from "./form.tsx";
import { Firings } from "./firings.tsx";
import { Strip } from "./strip.tsx";
import { called, deletes } from "./written.ts";
import { Awaited, Section } from "../../ui/section.tsx";

const NEWEST = 100;
const MOST = 1000;
const NEXT = 10;
const ASKED = 3000;

/** The page. */
export function OneSchedule({ id, edit }: { id: string; edit: boolean }) {
  const found = useLoaded((signal) => schedules.get(id, signal), [id, stirred.value]);
  const fired = useLoaded((signal) => schedules.firings(id, signal, NEWEST), [id, stirred.value]);
  const past = useLoaded((signal) => schedules.firings(id, signal, MOST), [id]);
  const coming = useLoaded(
    async (signal) => (found.value ? schedules.coming(found.value, signal) : undefined),
    [found.value?.status, found.value?.next_at, found.value?.updated_at],
  );
  const { value } = found;
  const again = () => {
    found.again();
    fired.again();
  };
  const deleting = fired.value?.some((each) => each.pruned?.status === "in_progress") ?? false;
  useEffect(() => (deleting ? whileSeen(again, ASKED) : undefined), [deleting]); // no feed tells how far it is
  if (found.error || !value) return <Awaited title="Schedule" error={found.error} />;
  if (edit) return <ScheduleForm schedule={value} done={again} />;
  const newest = [...(past.value ?? []), ...(fired.value ?? [])];
  const list = [...new Map(newest.map((each) => [each.id, each])).values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  return (
    <div class="page">
      <header class="bar">
        <h1>{called(value)}</h1>
        <span class="dim">{value.status}</span>
        <span class="fill" />
        <Acts schedule={value} again={again} />
      </header>
      <p class="dim">
        <a href={to("schedules")}>All schedules</a>
      </p>
      {value.paused_reason && (
        <p class="ending failed" role="status">
          <b>Paused</b> {when(value.paused_reason.at)}: {value.paused_reason.message}
        </p>
      )}
      <Section id="when" title={value.description}>
        <p class="dim">
          {value.cron && <code>{value.cron}</code>} {value.cron && value.timezone} {bounds(value)}
        </p>
        <ul class="plain upcoming">
          {(coming.value ?? value.upcoming).slice(0, NEXT).map((at) => (
            <li key={at}>
              {exact(at)} <span class="dim">{inZone(at, value.timezone)}</span>
            </li>
          ))}
        </ul>
      </Section>
      <Section id="what" title={value.prune ? "What it deletes" : "What it says"}>
        {value.prune ? (
          <p>It {deletes(value.prune)}. A busy one stays, and so do files.</p>
        ) : (
          <pre tabIndex={0}>{value.message}</pre>
        )}
        <p class="dim">
          {typeof value.session === "string" && (
            <>
              In <a href={to("s", [value.session])}>one session</a>.{" "}
            </>
          )}
          {value.agent && (
            <>
              By the agent <a href={to("agents", [value.agent])}>{value.agent}</a>.{" "}
            </>
          )}
          While the last one goes on: {value.overlap}. Missed times: {value.catch_up}.{" "}
          {many(value.counts.started, "time")} started, {value.counts.skipped} skipped, {value.counts.missed} missed,
          {` ${value.counts.failed} failed.`}
        </p>
      </Section>
      <Section id="fired" title="What became of its times">
        <Strip
          list={list}
          whole={(past.value?.length ?? 0) < MOST}
          coming={coming.value ?? []}
          cut={coming.value?.length === schedules.AHEAD}
        />
        {fired.value && <Firings list={list} chosen={here.value.asked["firing"] ?? ""} />}
      </Section>
    </div>
  );
}

/** Between which times it fires, and how often, where that is said. */
function bounds({ starts_at, ends_at, max_firings, jitter }: schedules.Schedule): string {
  return [
    starts_at && `from ${exact(starts_at)} on`,
    ends_at && `until ${exact(ends_at)}`,
    max_firings && `${many(max_firings, "time")} at the most`,
    jitter > 0 && `each up to ${many(jitter, "second")} late`,
  ]
    .filter(Boolean)
    .join(", ");
}
