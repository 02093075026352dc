/** A question that a turn waits with: a yes or a no to a tool of the server's, or what a tool of the caller's gave. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { records } from "../../../../clients/typescript/src/index.ts";
import { isSecond } from "../../app/keys.ts";
import { refresh } from "../../state/board.ts";
import { server } from "../../state/server.ts";
import { Clipped } from "../../ui/clipped.tsx";
import { doing } from "../../ui/said.tsx";
import { now } from "../../ui/now.ts";
import { left } from "../../ui/words.ts";
import { input } from "../../render/input.ts";
import { signal } from "../../state/signal.ts";

type Pending = records.PendingToolCall;

/** Milliseconds after a card came or went in which no click is a yes: it may have been meant for what stood there. */
const SETTLES = 600;
const moving = signal(false);
let settling: ReturnType<typeof setTimeout> | undefined;

function moved(): void {
  moving.value = true;
  clearTimeout(settling);
  settling = setTimeout(() => (moving.value = false), SETTLES);
}

interface Asked {
  session: string;
  turn: string;
  call: Pending;
  /** What stands above it, where several sessions ask. */
  title?: JSX.Element;
}

/** One card. While it has the focus `a` approves, or goes to the field for the answer, and `d` denies. */
export function Question({ session, turn, call, title }: Asked) {
  const [denying, setDenying] = useState(false);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const card = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    moved();
    return moved;
  }, []);
  const isYes = call.needs === "approval";
  const handle = server().session(session).turn(turn);
  const give = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true);
    await doing(work, done);
    setBusy(false);
    refresh(session);
  };
  const approve = () => give(() => handle.approve(call), `${call.name} may run.`);
  const deny = () => give(() => handle.deny(call, text.trim()), `Said no to ${call.name}.`);
  const answer = (isError: boolean) => give(() => handle.answer(call, text, isError), `Answered ${call.name}.`);
  const keys = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLTextAreaElement || isSecond(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || busy || !"ad".includes(event.key)) return;
    if (!isYes) card.current?.querySelector("textarea")?.focus();
    else if (event.key === "a") void approve();
    else setDenying(true);
    event.preventDefault();
    event.stopPropagation();
  };
  const leave = () => {
    setDenying(false);
    card.current?.focus();
  };
  return (
    <section
      class="question"
      ref={card}
      tabIndex={0}
      data-row
      data-call={call.call_id}
      aria-label={`${call.name} waits for you`}
      onKeyDown={keys}
    >
      <header>
        <span class="needs">{isYes ? "Needs your yes" : "Needs your answer"}</span>
        <b>{call.name}</b>
        {title}
        <span class="fill" />
        {call.expires_at && <time class="dim">{left(call.expires_at - now.value)}</time>}
      </header>
      <div class="asked">
        {Object.keys(call.arguments).length > 0 && (
          <Clipped text={input(call.name, call.arguments)} />
        )}
      </div>
      {isYes && !denying && (
        <div class="row">
          <button
            type="button"
            class="main"
            disabled={busy}
            aria-disabled={moving.value}
            onClick={({ detail }) => (detail && moving.peek()) || void approve()}
          >
            Approve
          </button>
          <button type="button" disabled={busy} onClick={() => setDenying(true)}>
            Deny …
          </button>
        </div>
      )}
      {isYes && denying && (
        <Field
          label="Why not? The agent is told"
          text={text}
          set={setText}
          submit={deny}
          leave={leave}
          optional
        >
          <button type="submit" class="danger" disabled={busy}>
            Deny
          </button>
          <button type="button" onClick={leave}>
            Back
          </button>
        </Field>
      )}
      {!isYes && (
        <Field
          label={`What ${call.name} gives`}
          text={text}
          set={setText}
          submit={() => answer(false)}
          leave={leave}
        >
          <button type="submit" class="main" disabled={busy || !text.trim()}>
            Answer
          </button>
          <button
            type="button"
            disabled={busy || !text.trim()}
            onClick={() => void answer(true)}
            title="The text says what went wrong"
          >
            It failed
          </button>
        </Field>
      )}
    </section>
  );
}

interface Fielded {
  label: string;
  text: string;
  set: (text: string) => void;
  submit: () => Promise<unknown>;
  leave: () => void;
  optional?: boolean;
  children: JSX.Element[];
}

function Field({ label, text, set, submit, leave, optional = false, children }: Fielded) {
  return (
    <form
      class="answer"
      onSubmit={(event) => {
        event.preventDefault();
        if (optional || text.trim()) void submit();
      }}
    >
      <textarea
        rows={2}
        aria-label={label}
        placeholder={label}
        value={text}
        ref={optional ? focused : null}
        onInput={(event) => set(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          } else if (event.key === "Escape") leave();
        }}
      />
      <div class="row">{children}</div>
    </form>
  );
}

const focused = (field: HTMLTextAreaElement | null): void => field?.focus();
