/** One entry of a turn: a text, a thought, a call, or something that happened beside it. */
import { heard } from "../../log/message.ts";
import { inLine, input } from "../../render/input.ts";
import { Markdown } from "../../render/markdown.tsx";
import type { Call, Entry as Any, Note, Spoken } from "../../log/view.ts";
import { Clipped } from "../../ui/clipped.tsx";
import { Icon } from "../../ui/icon.tsx";
import { memo } from "../../ui/memo.ts";
import { now } from "../../ui/now.ts";
import { Mark, type State } from "../../ui/state.tsx";
import { span } from "../../ui/words.ts";
import { Download } from "../parts/download.tsx";
import { Question } from "../parts/question.tsx";
import { target } from "../../render/addresses.ts";

interface Shown {
  entry: Any;
  rev: number;
  session: string;
  turn: string;
}

const OUTPUT = 8000;
const FILES = 50;

/** Draws an entry anew when it has changed: entries are changed in their place, and `rev` tells. */
export const Entry = memo(({ entry, rev, session, turn }: Shown) => {
  const drawn = draw(entry, rev, session, turn);
  return drawn && <div class={`entry ${entry.kind}${entry.withdrawn ? " withdrawn" : ""}`}>{drawn}</div>;
});

function draw(entry: Any, rev: number, session: string, turn: string) {
  if (entry.kind === "note") return <Aside entry={entry} />;
  if (entry.kind !== "call") {
    if (entry.kind === "thinking") return <Thought entry={entry} rev={rev} />;
    return <Text entry={entry} rev={rev} session={session} />;
  }
  if (entry.name === "report_progress" && entry.state !== "failed") return null; // what it says is a note
  return <Tool call={entry} rev={rev} session={session} turn={turn} />;
}

function Text({ entry, session }: { entry: Spoken; rev: number; session: string }) {
  const sources = [...entry.sources].map(target).filter((to) => to?.kind === "web");
  return (
    <>
      {entry.withdrawn && <p class="dim">This was taken back: the attempt failed, and another one began.</p>}
      <Clipped text={entry.text} draw={(text) => <Markdown text={text} session={session} />} />
      {entry.open && <span class="caret" aria-hidden="true" />}
      {sources.length > 0 && (
        <ul class="sources" aria-label="Sources">
          {sources.map((to) => (
            <li key={to.href}>
              <a href={to.href} target="_blank" rel="noopener noreferrer">
                {to.host}
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Thought({ entry }: { entry: Spoken; rev: number }) {
  const seconds = entry.until - entry.at;
  if (!entry.text && !entry.open) return null;
  return (
    <details>
      <summary>
        <Icon name="thought" size={16} />
        {entry.open ? "Thinking …" : seconds >= 1 ? `Thought for ${span(seconds)}` : "Thought"}
      </summary>
      <Clipped text={entry.text} draw={(text) => <p class="thoughts">{text}</p>} />
    </details>
  );
}

const STATES: Record<Call["state"], State> = {
  writing: "queued",
  ready: "queued",
  running: "running",
  waiting: "waiting",
  done: "completed",
  failed: "failed",
};

function Tool({ call, rev, session, turn }: { call: Call; rev: number; session: string; turn: string }) {
  const { needs } = call;
  if (call.state === "waiting" && needs && session) {
    const asked = {
      call_id: call.callId,
      name: call.name,
      arguments: (call.input ?? {}) as Record<string, unknown>,
      needs: needs === "approval" ? ("approval" as const) : ("output" as const),
      expires_at: call.expiresAt,
    };
    return <Question session={session} turn={turn} call={asked} />;
  }
  return (
    <>
      <details>
        <summary>
          <Mark state={STATES[call.state]} bare />
          <b>{call.name}</b>
          <span class="clip">
            {call.state === "writing" ? call.written.slice(-120) : inLine(call.name, call.input)}
          </span>
          <span class="dim number">
            <Took call={call} rev={rev} />
          </span>
        </summary>
        <p class="small">Asked</p>
        <Clipped text={input(call.name, call.input ?? call.written)} />
        {call.output && (
          <>
            <p class="small">{call.state === "failed" ? "Failed" : "Gave"}</p>
            <Clipped text={call.output} most={OUTPUT} />
          </>
        )}
      </details>
      {call.state === "running" && call.progress && <p class="progress dim">{call.progress}</p>}
      {call.files.length > 0 && (
        <div class="chips">
          {call.files.slice(0, FILES).map((file) =>
            file.op === "deleted" || !session ? (
              <span key={file.path} class="chip">
                {file.op === "deleted" ? <s>{file.path}</s> : file.path}
              </span>
            ) : (
              <Download key={file.path} session={session} path={file.path} bytes={file.size ?? 0} />
            ),
          )}
          {call.files.length > FILES && <span class="dim">and {call.files.length - FILES} more, in Files</span>}
        </div>
      )}
    </>
  );
}

function Took({ call }: { call: Call; rev: number }) {
  if (call.state === "running") return span(now.value - call.at);
  return call.until && call.at ? span(call.until - call.at) : "";
}

function Aside({ entry }: { entry: Note }) {
  if (entry.what === "steered")
    return (
      <div class="you told">
        <span class="unseen">You, meanwhile: </span>
        {heard(entry.text).text}
      </div>
    );
  if (entry.what === "queued") return null; // its turn says so itself
  return entry.detail ? (
    <details class="aside">
      <summary>
        <Icon name="note" size={16} />
        {entry.text}
      </summary>
      <p class="thoughts">{entry.detail}</p>
    </details>
  ) : (
    <p class="aside dim">{entry.text}</p>
  );
}
