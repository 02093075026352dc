/** A new schedule, or another way for one that is there; while one writes it says when it would fire. */
import { useEffect, useState } from "preact/hooks";
import { to } from "../../app/router.ts";
import { go } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import * as schedules from "../../state/schedules.ts";
import { server } from "../../state/server.ts";
import { Choice, Text } from "../../ui/field.tsx";
import { doing, sentence } from "../../ui/said.tsx";
import { exact } from "../../ui/words.ts";

type Kind = "cron" | "every" | "at";

const KINDS: [Kind, string][] = [
  ["cron", "at times of the day"],
  ["every", "again and again"],
  ["at", "once"],
];
const PRESETS: [string, string][] = [
  ["0 8 * * 1-5", "weekdays at 8"],
  ["0 * * * *", "each hour"],
  ["0 9 * * 1", "Mondays at 9"],
  ["30 18 1 * *", "the first of the month"],
];
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
const WAIT = 250;

/** The form. */
export function ScheduleForm({ schedule, done }: { schedule?: schedules.Schedule; done?: () => void }) {
  const [name, setName] = useState(schedule?.name ?? "");
  const [message, setMessage] = useState(schedule?.message ?? "");
  const [kind, setKind] = useState<Kind>(schedule?.every ? "every" : schedule?.at ? "at" : "cron");
  const [cron, setCron] = useState(schedule?.cron ?? "0 8 * * 1-5");
  const [minutes, setMinutes] = useState(String((schedule?.every ?? 3600) / 60));
  const [at, setAt] = useState(schedule?.at ? local(schedule.at) : "");
  const [zone, setZone] = useState(schedule?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [agent, setAgent] = useState(schedule?.agent ?? "");
  const [overlap, setOverlap] = useState<string>(schedule?.overlap ?? "skip");
  const [catchUp, setCatchUp] = useState<string>(schedule?.catch_up ?? "latest");
  const agents = useLoaded((signal) => server().agents.list().nextPage(signal), []);
  const times = {
    cron: null,
    every: null,
    at: null,
    [kind]: { cron, every: Number(minutes) * 60, at: seconds(at) }[kind],
    timezone: zone,
  };
  const save = () =>
    doing(async () => {
      const asked = { name, message, agent, overlap, catch_up: catchUp, ...times } as schedules.Making;
      const own = {
        ...asked,
        ...(!schedule && { session: { file_access: { read: [""], write: [""] }, persistent: true, ttl: 7 * 86_400 } }),
      };
      const saved = schedule
        ? await schedules.change(schedule.id, asked)
        : await schedules.create(own as Partial<schedules.Making>);
      done?.();
      go("schedules", [saved.id]);
    });
  return (
    <div class="page narrow">
      <h1>{schedule ? `Edit ${schedule.name || "schedule"}` : "New schedule"}</h1>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Text label="Name" value={name} set={setName} about="Its own here; stands for its id everywhere." />
        <Text
          label="What is to be done?"
          value={message}
          set={setMessage}
          lines={3}
          required
          about="{{scheduled_at}}, {{previous_at}}, {{schedule}} and {{firing}} stand for what is so then."
        />
        <fieldset class="switch">
          <legend>It fires</legend>
          {KINDS.map(([each, label]) => (
            <label key={each}>
              <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
        {kind === "cron" && (
          <>
            <Text
              label="Cron"
              value={cron}
              set={setCron}
              required
              about="minute, hour, day of month, month, day of week"
            />
            <div class="row" role="group" aria-label="Usual times">
              {PRESETS.map(([value, label]) => (
                <button key={value} type="button" aria-pressed={cron === value} onClick={() => setCron(value)}>
                  {label}
                </button>
              ))}
            </div>
          </>
        )}
        {kind === "every" && (
          <Text label="Minutes from one to the next" type="number" value={minutes} set={setMinutes} required />
        )}
        {kind === "at" && (
          <Text label="At (this device's time)" type="datetime-local" value={at} set={setAt} required />
        )}
        {kind === "cron" && (
          <Text
            label="Time zone"
            value={zone}
            set={setZone}
            required
            about="Of the IANA database, like Europe/Berlin."
          />
        )}
        <Preview times={times} />
        {(agents.value?.length ?? 0) > 0 && (
          <Choice
            label="Agent"
            value={agent}
            set={setAgent}
            options={[["", "none"], ...(agents.value ?? []).map((each): [string, string] => [each.name, each.name])]}
          />
        )}
        <Choice label="While the last one goes on" value={overlap} set={setOverlap} options={OVERLAPS} />
        <Choice label="Times that nobody could keep" value={catchUp} set={setCatchUp} options={CATCH_UP} />
        <div class="row end">
          <a href={to("schedules", schedule ? [schedule.id] : [])}>Leave it</a>
          <button type="submit" class="main">
            {schedule ? "Save" : "Create"}
          </button>
        </div>
      </form>
    </div>
  );
}

function Preview({ times }: { times: Partial<schedules.Times> }) {
  const [said, setSaid] = useState<{ description: string; upcoming: number[] } | string>();
  const asked = JSON.stringify(times);
  useEffect(() => {
    const end = new AbortController();
    const timer = setTimeout(() => {
      schedules
        .preview({ ...(JSON.parse(asked) as schedules.Times), count: 5 }, end.signal)
        .then(setSaid, (error: unknown) => end.signal.aborted || setSaid(sentence(error)));
    }, WAIT);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [asked]);
  return (
    <output class="preview-times">
      {typeof said === "string" ? (
        <span class="wrong">{said}</span>
      ) : (
        said && (
          <>
            <b>{said.description}</b>
            <ul>
              {said.upcoming.map((each) => (
                <li key={each}>{exact(each)}</li>
              ))}
            </ul>
          </>
        )
      )}
    </output>
  );
}

const seconds = (text: string): number | null => (text ? Math.floor(new Date(text).getTime() / 1000) : null);

/** A time as a field for times takes it. */
function local(at: number): string {
  const date = new Date(at * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
