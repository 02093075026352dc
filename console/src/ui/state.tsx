/** How a turn or a session stands: a shape and a word, never a colour alone. */

export type State = "running" | "waiting" | "completed" | "failed" | "cancelled" | "queued" | "idle";

/** What is said where the state's own name is not. */
const WORDS: Partial<Record<State, string>> = { waiting: "waits for you", completed: "done", idle: "nothing yet" };
/** What each is drawn as, in a square of 14; what runs turns, above a ring. */
const SHAPES: Record<State, string> = {
  running: "M7 2a5 5 0 0 1 5 5",
  waiting: "M7 1 13 12.5H1zM7 5v3.5M7 10.3v.2",
  completed: "m2.5 7.5 3 3L11.5 4",
  failed: "M3 3l8 8M11 3l-8 8",
  cancelled: "M3 7h8",
  queued: "M3 7h.01M7 7h.01M11 7h.01",
  idle: "M3 7a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
};

/** The mark of a state; `bare` leaves the word to those who cannot see the mark. */
export function Mark({ state, bare = false }: { state: State; bare?: boolean }) {
  return (
    <span class={`mark ${state}`}>
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        {state === "running" && <circle cx="7" cy="7" r="5" />}
        <path d={SHAPES[state]} />
      </svg>
      <span class={bare ? "unseen" : "word"}>{WORDS[state] ?? state}</span>
    </span>
  );
}
