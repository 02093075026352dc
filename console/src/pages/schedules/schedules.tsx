/** Schedules: all of them, one of them, and a new one. */
import { to } from "../../app/router.ts";
import { stirred } from "../../state/board.ts";
import { go, here } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import * as schedules from "../../state/schedules.ts";
import { now } from "../../ui/now.ts";
import { doing } from "../../ui/said.tsx";
import { exact, inZone, when } from "../../ui/words.ts";
import { ScheduleFields, ScheduleForm } from "./form.tsx";
import { Dots } from "./firings.tsx";
import { OneSchedule } from "./schedule.tsx";
import { called, deletes } from "./written.ts";

/** The page that the address names. */
export function Schedules() {
  const [id = "", edit = ""] = here.value.rest;
  if (id === "new") return <ScheduleForm />;
  if (id) return <OneSchedule key={id} id={id} edit={edit === "edit"} />;
  return <List />;
}

function List() {
  const { value, error, again } = useLoaded(schedules.list, [stirred.value]);
  return (
    <div class="page">
      <header class="bar">
        <h1>Schedules</h1>
        <span class="fill" />
        {value?.length !== 0 && (
          <button type="button" class="main" onClick={() => go("schedules", ["new"])}>
            New schedule
          </button>
        )}
      </header>
      {error && <p class="wrong">{error}</p>}
      {value?.length === 0 && (
        <>
          <p class="calm">
            A schedule begins a turn by itself: every weekday at eight, each hour, or once next Friday. Each time fires
            exactly once.
          </p>
          <ScheduleFields />
        </>
      )}
      {value && value.length > 0 && (
        <ul class="cards spaced">
          {value.map((each) => (
            <Card key={each.id} schedule={each} again={again} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Card({ schedule, again }: { schedule: schedules.Schedule; again: () => void }) {
  const active = schedule.status === "active";
  const turn = () => doing(() => schedules.change(schedule.id, { status: active ? "paused" : "active" })).then(again);
  return (
    <li class="card">
      <div class="about">
        <a class="title" data-row href={to("schedules", [schedule.id])}>
          {called(schedule)}
        </a>
        <p class="dim">
          {schedule.description}
          {schedule.cron && `, ${schedule.timezone}`}
          {schedule.prune && ` · ${deletes(schedule.prune)}`}
        </p>
        {schedule.paused_reason && <p class="wrong">Paused: {schedule.paused_reason.message}</p>}
      </div>
      <Dots schedule={schedule} />
      <Next schedule={schedule} />
      {schedule.status !== "ended" && (
        <button
          type="button"
          role="switch"
          class="toggle"
          aria-checked={active}
          aria-label={`${called(schedule)} fires`}
          title={active ? "Pause" : "Resume"}
          onClick={turn}
        />
      )}
    </li>
  );
}

function Next({ schedule: { status, next_at, cron, timezone } }: { schedule: schedules.Schedule }) {
  if (status !== "active" || next_at === null) return <span class="dim">{status}</span>;
  const there = cron ? inZone(next_at, timezone) : "";
  return (
    <span class="number next">
      <time title={`${exact(next_at)} here`}>{when(next_at, now.value)}</time>
      {there && <small class="dim">{there}</small>}
    </span>
  );
}
