/** The inbox: what waits for a yes, what runs, what ended since one was here, and a place to say what is to be done. */
import { looked, running, sessions, visiting, waiting } from "../../state/board.ts";
import { turnOf } from "../../state/turns.ts";
import { when } from "../../ui/words.ts";
import { Question } from "../parts/question.tsx";
import { to } from "../../app/router.ts";
import { computed } from "../../state/signal.ts";
import { Ended } from "./ended.tsx";
import { NewTask } from "./new_task.tsx";
import { Running } from "./running.tsx";
import { Section } from "../../ui/section.tsx";

const MOST = 50;
const FIRST_VISIT = 10;

const ended = computed(() => {
  const { since } = visiting.value;
  const over = [...sessions.value.values()].filter((each) => each.last_response && !each.pending_tool_calls.length);
  const newest = over.sort((a, b) => b.last_activity - a.last_activity);
  if (since === null) return newest.slice(0, FIRST_VISIT);
  return newest.filter((each) => each.last_activity * 1000 > since).slice(0, MOST);
});

/** The first page. */
export function Inbox() {
  const { since } = visiting.value;
  const nothing = looked.value && sessions.value.size === 0;
  return (
    <div class="page">
      <header class="greeting">
        <h1>{nothing ? "Hand over a task" : since === null ? "Welcome" : "Welcome back"}</h1>
        {nothing && <p class="dim">It goes on when you close this page. Come back for the result.</p>}
        {since !== null && <p class="dim">Since {when(since / 1000)}</p>}
      </header>
      {nothing && <NewTask examples />}
      {waiting.value.length > 0 && (
        <Section id="needs" title={<>Needs you <span class="badge">{waiting.value.length}</span></>}>
          {waiting.value.flatMap((session) =>
            session.pending_tool_calls.map((call) => (
              <Question
                key={`${session.id} ${call.call_id}`}
                session={session.id}
                turn={session.response_id ?? ""}
                call={call}
                title={<a href={to("s", [session.id])}>{session.title || "Untitled"}</a>}
              />
            )),
          )}
        </Section>
      )}
      {running.value.length > 0 && (
        <Section id="running" title="Running now">
          <ul class="cards">
            {running.value.map((session) => (
              <Running key={session.id} session={session} />
            ))}
          </ul>
        </Section>
      )}
      {ended.value.length > 0 && (
        <Section id="ended" title={since === null ? "Ended lately" : "Ended since you left"}>
          <ul class="cards">
            {ended.value.map((session) => {
              const last = session.last_response;
              return (
                last && (
                  <Ended key={last.id} session={session} turn={turnOf(session.id, last.id)} status={last.status} />
                )
              );
            })}
          </ul>
          {sessions.value.size > ended.value.length && (
            <p class="more">
              <a href={to("sessions")}>All sessions</a>
            </p>
          )}
        </Section>
      )}
      {looked.value && !nothing && waiting.value.length + running.value.length + ended.value.length === 0 && (
        <p class="calm">Nothing waits, nothing runs, and nothing ended since you were here.</p>
      )}
      {looked.value && !nothing && <NewTask />}
    </div>
  );
}
