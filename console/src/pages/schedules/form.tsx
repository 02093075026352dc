/** A new schedule, or another way for one that is there: what it does, when, and what if that cannot be. */
import { useState } from "preact/hooks";
import { to } from "../../app/router.ts";
import { go } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import * as schedules from "../../state/schedules.ts";
import { server } from "../../state/server.ts";
import { ALL } from "../../state/workspace.ts";
import { Choice, Switch, Text } from "../../ui/field.tsx";
import { doing } from "../../ui/said.tsx";
import { zone } from "../../ui/words.ts";
import { TimesFields, timesOf, type When } from "./times.tsx";
import { called, days, inHours } from "./written.ts";

const OVERLAPS: [string, string][] = [
  ["skip", "pass this time over"],
  ["enqueue", "wait, if none waits yet"],
  ["enqueue_all", "wait"],
  ["interrupt", "cancel it and begin"],
  ["allow", "begin beside it"],
];
const CATCH_UP: [string, string][] = [
  ["latest", "the newest fires"],
  ["all", "all fire"],
  ["none", "none fires"],
];
const ACTIONS: [schedules.Action, string][] = [
  ["message", "It gives a task"],
  ["prune", "It deletes sessions"],
];
/** Of a session that is made for each time. */
const NEW = { file_access: ALL, persistent: true, ttl: 7 * 86_400 };
const MONTH = "30";

interface Said extends When {
  action: schedules.Action;
  name: string;
  message: string;
  unused: string;
  agent: string;
  session: string;
  overlap: string;
  catchUp: string;
}

function begun(schedule?: schedules.Schedule): Said {
  const { session, prune, every, at } = schedule ?? {};
  return {
    action: schedule?.action ?? "message",
    name: schedule?.name ?? "",
    message: schedule?.message ?? "",
    unused: prune ? String(days(prune.older_than)) : MONTH,
    agent: schedule?.agent ?? "",
    session: typeof session === "string" ? session : "",
    overlap: schedule?.overlap ?? "skip",
    catchUp: schedule?.catch_up ?? "latest",
    kind: every ? "every" : at ? "at" : "cron",
    cron: schedule?.cron ?? "0 8 * * 1-5",
    minutes: String((every ?? 3600) / 60),
    at: at ? local(at) : "",
    zone: schedule?.timezone ?? zone(),
  };
}

/** What is sent: of one that is there what is not as it `was`, since other times count from now on. */
function asked(said: Said, was: Said | undefined): schedules.Change {
  const { action, name, message, agent, session, overlap, unused } = said;
  const times = timesOf(said);
  const same = was !== undefined && JSON.stringify(timesOf(was)) === JSON.stringify(times);
  const kept = was?.action === action && was.session === session; // how its sessions are made, it has been told
  return {
    name,
    action,
    overlap: overlap as schedules.Schedule["overlap"],
    ...(said.kind !== "at" && { catch_up: said.catchUp as schedules.Schedule["catch_up"] }),
    ...(!same && times),
    ...(action === "prune"
      ? {
          prune: { older_than: inHours(Number(unused)) },
          message: "",
          attachments: [],
          webhook_url: "",
          agent: "",
          session: null,
        }
      : { prune: null, message, agent: session ? "" : agent, ...(!kept && { session: session || NEW }) }),
  };
}

/** The page. */
export function ScheduleForm({ schedule, done }: { schedule?: schedules.Schedule; done?: () => void }) {
  return (
    <div class="page narrow">
      <h1>{schedule ? `Edit ${called(schedule)}` : "New schedule"}</h1>
      <ScheduleFields schedule={schedule} done={done} />
    </div>
  );
}

interface Edited {
  schedule?: schedules.Schedule | undefined;
  done?: (() => void) | undefined;
}

/** The form. */
export function ScheduleFields({ schedule, done }: Edited) {
  const [was] = useState(() => begun(schedule));
  const [said, setSaid] = useState(was);
  const change = (more: Partial<Said>) => setSaid({ ...said, ...more });
  const at = (name: "name" | "message" | "unused" | "agent" | "session" | "overlap" | "catchUp") => ({
    value: said[name],
    set: (value: string) => change({ [name]: value }),
  });
  const save = () =>
    doing(async () => {
      const wanted = asked(said, schedule && was);
      const saved = await (schedule ? schedules.change(schedule.id, wanted) : schedules.create(wanted));
      done?.();
      go("schedules", [saved.id]);
    });
  const goesOn = said.action === "message" && said.session !== "";
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Text label="Name" {...at("name")} about="Its own here; stands for its id everywhere." />
      <Switch
        legend={<legend class="unseen">What it does</legend>}
        name="action"
        value={said.action}
        set={(action) => change({ action })}
        options={ACTIONS}
      />
      {said.action === "message" ? (
        <>
          <Text
            label="What is to be done?"
            {...at("message")}
            lines={3}
            required
            about="{{scheduled_at}}, {{previous_at}}, {{schedule}} and {{firing}} stand for what is so then."
          />
          <Text label="Session" {...at("session")} about="The id of one that goes on; empty: a new one each time." />
          {!goesOn && <AgentField {...at("agent")} />}
        </>
      ) : (
        <Text
          label="Unused for days"
          type="number"
          {...at("unused")}
          required
          about="All sessions go that are idle and that nobody has used for so long. Files stay."
        />
      )}
      <TimesFields
        when={said}
        set={change}
        bounds={said.kind !== "at" && schedule ? { starts_at: schedule.starts_at, ends_at: schedule.ends_at } : {}}
      />
      <Choice
        label="While the last one goes on"
        {...at("overlap")}
        options={OVERLAPS.filter(([each]) => each !== "allow" || !goesOn)}
      />
      {said.kind !== "at" && <Choice label="Times that nobody could keep" {...at("catchUp")} options={CATCH_UP} />}
      <div class="row end">
        <a href={to("schedules", schedule ? [schedule.id] : [])}>Leave it</a>
        <button type="submit" class="main">
          {schedule ? "Save" : "Create"}
        </button>
      </div>
    </form>
  );
}

function AgentField({ value, set }: { value: string; set: (value: string) => void }) {
  const agents = useLoaded((signal) => server().agents.list().nextPage(signal), []);
  const names = (agents.value ?? []).map((each): [string, string] => [each.name, each.name]);
  if (value && !names.some(([name]) => name === value)) names.unshift([value, value]);
  return names.length ? <Choice label="Agent" value={value} set={set} options={[["", "none"], ...names]} /> : null;
}

/** A time as a field for times takes it. */
function local(at: number): string {
  const date = new Date(at * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
