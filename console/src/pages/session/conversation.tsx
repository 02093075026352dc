/** The conversation, as it grows: it stays at its end while one is there, and leaves one alone elsewhere. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Log } from "../../log/live.ts";
import { isOver, type Turn } from "../../log/view.ts";
import type { Session } from "../../state/board.ts";
import { keep, kept, ofTab } from "../../state/kept.ts";
import { again } from "../../state/again.ts";
import { Icon } from "../../ui/icon.tsx";
import { memo } from "../../ui/memo.ts";
import { doing } from "../../ui/said.tsx";
import { exact, many } from "../../ui/words.ts";
import { Entry } from "./entry.tsx";

const TURNS = 20;
const ENTRIES = 300;
const NEAR = 80;

/** All turns, the newest at the end. */
export function Conversation({ live, session }: { live: Log; session: Session | undefined }) {
  live.frame.value;
  const box = useRef<HTMLDivElement>(null);
  const back = useRef(live.id ? kept<Spot>(`at ${live.id}`, ofTab) : undefined);
  const there = useRef(!back.current);
  const [away, setAway] = useState(!there.current);
  const [shown, setShown] = useState(back.current?.shown ?? TURNS);
  const settle = () => {
    if (!box.current) return;
    if (there.current) box.current.scrollTop = box.current.scrollHeight;
    else if (back.current) bring(box.current, back.current);
  };
  useLayoutEffect(settle);
  useEffect(() => {
    const stick = new ResizeObserver(settle);
    if (box.current?.firstElementChild) stick.observe(box.current.firstElementChild);
    return () => stick.disconnect();
  }, []);
  const scrolled = () => {
    if (back.current) return; // until whoever looks moves, what grows above does not move the spot
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    there.current = scrollHeight - scrollTop - clientHeight < NEAR;
    setAway(!there.current);
    const spot = there.current || !box.current ? undefined : spotOf(box.current, shown);
    if (live.id) keep(`at ${live.id}`, spot, ofTab);
  };
  const moved = () => (back.current = undefined);
  const toEnd = () => {
    moved();
    there.current = true;
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const { turns } = live.conversation;
  const earlier = Math.max(0, turns.length - shown);
  return (
    <section class="conversation" aria-label="Conversation">
      <div
        class="scroll"
        ref={box}
        onScroll={scrolled}
        onWheel={moved}
        onPointerDown={moved}
        onKeyDown={moved}
        tabIndex={0}
        role="group"
        aria-label="What was said and done"
      >
        <div class="column">
          {live.over.value && <p class="calm">{live.over.value}</p>}
          {turns.length === 0 && !live.over.value && <p class="calm">Say what is to be done.</p>}
          {earlier > 0 && (
            <p class="more">
              <button type="button" onClick={() => setShown(shown + TURNS)}>
                Show {many(earlier, "earlier turn")}
              </button>
            </p>
          )}
          {turns.slice(earlier).map((turn) => (
            <Shown key={turn.id} turn={turn} rev={turn.rev} session={session?.id ?? live.id} />
          ))}
        </div>
      </div>
      {away && (
        <button type="button" class="to-end" onClick={toEnd}>
          <Icon name="down" size={16} /> To the end
        </button>
      )}
    </section>
  );
}

/** Where one was: so many pixels below the top of a turn, with so many turns drawn. */
interface Spot {
  turn: string;
  below: number;
  shown: number;
}

const above = (box: HTMLElement, turn: Element): number =>
  box.getBoundingClientRect().top - turn.getBoundingClientRect().top;

function spotOf(box: HTMLElement, shown: number): Spot | undefined {
  const turn = [...box.querySelectorAll(".turn")].findLast((each) => above(box, each) >= 0);
  return turn && { turn: turn.id, below: above(box, turn), shown };
}

function bring(box: HTMLElement, { turn, below }: Spot): void {
  const found = document.getElementById(turn);
  if (found) box.scrollTop += below - above(box, found);
}

interface Drawn {
  turn: Turn;
  rev: number;
  session: string;
}

const Shown = memo((drawn: Drawn) => <OneTurn {...drawn} />);

function OneTurn({ turn, session }: Drawn) {
  const [all, setAll] = useState(false);
  const folded = all ? 0 : Math.max(0, turn.entries.length - ENTRIES);
  return (
    <article class="turn" id={turn.id} aria-label={`Turn: ${turn.message ?? ""}`.slice(0, 100)}>
      {turn.message !== "" && (
        <div class="you" title={turn.at ? exact(turn.at) : undefined}>
          <span class="unseen">You: </span>
          {turn.message ?? "…"}
        </div>
      )}
      {folded > 0 && (
        <p class="more">
          <button type="button" onClick={() => setAll(true)}>
            Show {many(folded, "earlier entry", "earlier entries")}
          </button>
        </p>
      )}
      {turn.entries.slice(folded).map((entry) => (
        <Entry key={entry.id} entry={entry} rev={entry.rev} session={session} turn={turn.id} />
      ))}
      <End turn={turn} rev={turn.rev} session={session} />
    </article>
  );
}

function End({ turn, session }: Drawn) {
  if (turn.status === "failed")
    return (
      <div class="ending failed" role="group" aria-label="This turn failed">
        <p>
          <b>This turn failed.</b> {turn.error} {turn.code && <code>{turn.code}</code>}
        </p>
        {session && (
          <button type="button" onClick={() => void doing(() => again(session, turn.id), "Sent again.")}>
            Send again
          </button>
        )}
      </div>
    );
  if (turn.status === "cancelled") return <p class="ending dim">Cancelled.</p>;
  if (turn.status === "queued") return <p class="ending dim">Waits for the turn before it.</p>;
  if (isOver(turn)) return null;
  const open = turn.entries.at(-1);
  const quiet =
    !open || (open.kind === "call" ? ["done", "failed"].includes(open.state) : open.kind === "note" || !open.open);
  return quiet ? (
    <p class="ending dim at-work">
      <span class="dots" aria-hidden="true" /> at work
    </p>
  ) : null;
}
