/** When a schedule fires, as its form has it: by cron, which a time and days can write, at intervals, or once. */
import { useEffect, useState } from "preact/hooks";
import { preview, type Times } from "../../state/schedules.ts";
import { Switch, Text, toggled } from "../../ui/field.tsx";
import { sentence } from "../../ui/said.tsx";
import { exact } from "../../ui/words.ts";
import { read, type Usual, write } from "./written.ts";

export type Kind = "cron" | "every" | "at";

/** What stands in the fields. */
export interface When {
  kind: Kind;
  cron: string;
  minutes: string;
  at: string;
  zone: string;
}

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
const DAYS: [number, string][] = [
  [1, "Mon"],
  [2, "Tue"],
  [3, "Wed"],
  [4, "Thu"],
  [5, "Fri"],
  [6, "Sat"],
  [0, "Sun"],
];
const WAIT = 250;

/** What the fields say, as the API takes it. */
export function timesOf({ kind, cron, minutes, at, zone }: When): Partial<Times> {
  const said = { cron, every: Number(minutes) * 60, at: at ? Math.floor(new Date(at).getTime() / 1000) : null }[kind];
  return { cron: null, every: null, at: null, [kind]: said, timezone: zone };
}

/** The fields, and when it would fire by them. `bounds`: between which times. */
export function TimesFields({
  when,
  set,
  bounds,
}: {
  when: When;
  set: (change: Partial<When>) => void;
  bounds: Partial<Times>;
}) {
  return (
    <>
      <Switch
        legend={<legend>It fires</legend>}
        name="kind"
        value={when.kind}
        set={(kind) => set({ kind })}
        options={KINDS}
      />
      {when.kind === "cron" && (
        <>
          <Builder cron={when.cron} set={(cron) => set({ cron })} />
          <Text
            label="Cron"
            value={when.cron}
            set={(cron) => set({ cron })}
            required
            about="minute, hour, day of month, month, day of week"
          />
          <Text
            label="Time zone"
            value={when.zone}
            set={(zone) => set({ zone })}
            required
            about="Of the IANA database, like Europe/Berlin."
          />
        </>
      )}
      {when.kind === "every" && (
        <Text
          label="Minutes from one to the next"
          type="number"
          value={when.minutes}
          set={(minutes) => set({ minutes })}
          required
        />
      )}
      {when.kind === "at" && (
        <Text
          label="At (this device's time)"
          type="datetime-local"
          value={when.at}
          set={(at) => set({ at })}
          required
        />
      )}
      <Preview times={{ ...timesOf(when), ...bounds }} />
    </>
  );
}

/** Writes the usual expressions: a time, on some days of the week. Others are written by hand, and stay as they are. */
function Builder({ cron, set }: { cron: string; set: (cron: string) => void }) {
  const usual = read(cron);
  const change = (more: Partial<Usual>) => set(write({ ...usual, ...more }));
  return (
    <>
      <div class="row">
        <Text label="Time of the day" type="time" value={usual.time} set={(time) => change({ time })} />
        <div class="row days" role="group" aria-label="Days">
          {DAYS.map(([day, label]) => (
            <button
              key={day}
              type="button"
              aria-pressed={usual.days.has(day)}
              onClick={() => change({ days: toggled(usual.days, day) })}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
      <div class="row" role="group" aria-label="Usual times">
        {PRESETS.map(([value, label]) => (
          <button key={value} type="button" aria-pressed={cron === value} onClick={() => set(value)}>
            {label}
          </button>
        ))}
      </div>
    </>
  );
}

function Preview({ times }: { times: Partial<Times> }) {
  const [said, setSaid] = useState<{ description: string; upcoming: number[] } | string>();
  const asked = JSON.stringify(times);
  useEffect(() => {
    const end = new AbortController();
    const timer = setTimeout(() => {
      preview({ ...(JSON.parse(asked) as Times), count: 5 }, end.signal).then(
        setSaid,
        (error: unknown) => end.signal.aborted || setSaid(sentence(error)),
      );
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
