/** Runs: what clients of that dialect have begun, how many stand how, and the way to the session of each. */
import { useEffect } from "preact/hooks";
import { to } from "../app/router.ts";
import { ask, here } from "../state/here.ts";
import { useLoaded } from "../state/loaded.ts";
import { whileSeen } from "../state/seen.ts";
import { server } from "../state/server.ts";
import { Mark, type State } from "../ui/state.tsx";
import { exact, when } from "../ui/words.ts";

interface Run {
  job_id: string;
  status: keyof typeof STATES;
  progress: { percentage: number; current_step: string | null };
  created_at: string;
  error: string | null;
  native: string;
}

interface Found {
  jobs: Run[];
  total: number;
}

const STATES = {
  queued: "queued",
  running: "running",
  succeeded: "completed",
  failed: "failed",
  cancelled: "cancelled",
} as const satisfies Record<string, State>;
const ASKED = 3000;
const PAGE = 50;

async function load(
  page: number,
  status: string,
  signal: AbortSignal,
): Promise<Found & { counts: Record<string, number> }> {
  const params = { page, page_size: PAGE, status };
  const [list, stats] = await Promise.all([
    server().request("GET", "/api/v1/runs", { params, signal }),
    server().request("GET", "/stats", { signal }),
  ]);
  return {
    ...(await list.json<Found>()),
    counts: (await stats.json<{ by_status: Record<string, number> }>()).by_status,
  };
}

/** The page; while it is open it asks every three seconds. */
export function Runs() {
  const { status = "", page = "1" } = here.value.asked;
  const number = Math.max(1, Number(page) || 1);
  const { value, error, again } = useLoaded((signal) => load(number, status, signal), [number, status]);
  useEffect(() => whileSeen(again, ASKED), []);
  const pages = Math.ceil((value?.total ?? 0) / PAGE);
  return (
    <div class="page">
      <h1>Runs</h1>
      <p class="dim">Tasks that came by the runs API, which PraisonAI's clients speak.</p>
      <div class="filters" role="group" aria-label="Which runs">
        <button type="button" aria-pressed={status === ""} onClick={() => ask({})}>
          All
        </button>
        {Object.keys(STATES).map((each) => (
          <button key={each} type="button" aria-pressed={status === each} onClick={() => ask({ status: each })}>
            {each} <span class="dim">{value?.counts[each] ?? ""}</span>
          </button>
        ))}
      </div>
      {error && <p class="wrong">{error}</p>}
      {value?.jobs.length === 0 && (
        <p class="calm">There is no run here. Who sends one to /api/v1/runs finds it on this page.</p>
      )}
      {value && value.jobs.length > 0 && (
        <ul class="cards">
          {value.jobs.map((run) => (
            <One key={run.job_id} run={run} />
          ))}
        </ul>
      )}
      {pages > 1 && (
        <p class="more row">
          <button type="button" disabled={number <= 1} onClick={() => ask({ status, page: String(number - 1) })}>
            Newer
          </button>
          <span class="dim">
            {number} of {pages}
          </span>
          <button type="button" disabled={number >= pages} onClick={() => ask({ status, page: String(number + 1) })}>
            Older
          </button>
        </p>
      )}
    </div>
  );
}

function One({ run }: { run: Run }) {
  const session = /\/sessions\/(sess_[0-9a-f]+)\//.exec(run.native)?.[1];
  const at = Date.parse(run.created_at) / 1000;
  return (
    <li class="card">
      <Mark state={STATES[run.status]} bare />
      <div class="about">
        {session ? (
          <a class="title" data-row href={to("s", [session])}>
            {run.job_id}
          </a>
        ) : (
          <span class="title">{run.job_id}</span>
        )}
        <p class={run.error ? "wrong" : "dim"}>
          {run.error ?? (run.status === "running" ? (run.progress.current_step ?? "at work") : run.status)}
        </p>
      </div>
      <time class="dim number" title={exact(at)}>
        {when(at)}
      </time>
    </li>
  );
}
