/** How a turn or a session stands: a shape and a word, never a colour alone. */

export type State = "running" | "waiting" | "completed" | "failed" | "cancelled" | "queued" | "idle";

const WORDS: Record<State, string> = {
  running: "running",
  waiting: "waits for you",
  completed: "done",
  failed: "failed",
  cancelled: "cancelled",
  queued: "queued",
  idle: "nothing yet",
};

/** The mark of a state; `bare` leaves the word to those who cannot see the mark. */
export function Mark({ state, bare = false }: { state: State; bare?: boolean }) {
  return (
    <span class={`mark ${state}`}>
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        <Shape state={state} />
      </svg>
      <span class={bare ? "unseen" : "word"}>{WORDS[state]}</span>
    </span>
  );
}

function Shape({ state }: { state: State }) {
  switch (state) {
    case "running":
      return (
        <>
          <circle class="track" cx="7" cy="7" r="5" />
          <path class="arc" d="M7 2a5 5 0 0 1 5 5" />
        </>
      );
    case "waiting":
      return <path class="solid" d="M7 1 13 12.5H1zM7 5v3.5M7 10.3v.2" />;
    case "completed":
      return <path d="m2.5 7.5 3 3L11.5 4" />;
    case "failed":
      return <path d="M3 3l8 8M11 3l-8 8" />;
    case "cancelled":
      return <path d="M3 7h8" />;
    case "queued":
      return <path d="M3 7h.01M7 7h.01M11 7h.01" />;
    case "idle":
      return <circle cx="7" cy="7" r="4" />;
  }
}
