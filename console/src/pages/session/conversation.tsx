/** The conversation, as it grows: it stays at its end while one is there, and leaves one alone elsewhere. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { FOLD, foldsOf } from "../../log/folds.ts";
import type { Log } from "../../log/live.ts";
import { isOver, type Turn } from "../../log/view.ts";
import type { Session } from "../../state/board.ts";
import { keep, kept, ofTab } from "../../state/kept.ts";
import { again } from "../../state/again.ts";
import { signal } from "../../state/signal.ts";
import { Icon } from "../../ui/icon.tsx";
import { memo } from "../../ui/memo.ts";
import { doing } from "../../ui/said.tsx";
import { many } from "../../ui/words.ts";
import { Entry } from "./entry.tsx";
import { Fold } from "./fold.tsx";
import { You } from "./you.tsx";

const TURNS = 20;
/** Pixels: so near the end one is there, and so near the beginning earlier turns are drawn. */
const NEAR = 80;
const EARLY = 600;

/** The turn that somebody wants to see: it is drawn, if it is not yet, and brought to the top. */
export const sought = signal<{ id: string } | undefined>(undefined);

/** All turns, the newest at the end. */
export function Conversation({ live, session }: { live: Log; session: Session | undefined }) {
  live.frame.value;
  const box = useRef<HTMLDivElement>(null);
  const back = useRef<Spot | undefined>(live.id ? kept<Spot>(`at ${live.id}`, ofTab) : undefined);
  const there = useRef(!back.current);
  const [away, setAway] = useState(!there.current);
  const [shown, setShown] = useState(back.current?.shown ?? TURNS);
  const held = useRef<Spot | undefined>(undefined);
  const { turns } = live.conversation;
  const entries = turns.reduce((sum, turn) => sum + turn.entries.length, 0);
  const left = useRef<number | undefined>(undefined); // how many there were when one went up from the end
  const earlier = Math.max(0, turns.length - shown);
  const settle = () => {
    if (!box.current) return;
    if (there.current) box.current.scrollTop = box.current.scrollHeight;
    else if (back.current) bring(box.current, back.current);
  };
  useLayoutEffect(settle);
  useLayoutEffect(() => {
    if (box.current && held.current) bring(box.current, held.current);
    held.current = undefined;
  }, [shown]);
  useSought(turns, shown, setShown, () => {
    back.current = undefined;
    there.current = false;
  });
  useEffect(() => {
    const stick = new ResizeObserver(settle);
    if (box.current?.firstElementChild) stick.observe(box.current.firstElementChild);
    return () => stick.disconnect();
  }, []);
  const scrolled = () => {
    if (back.current) return; // until whoever looks moves, what grows above does not move the spot
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    there.current = scrollHeight - scrollTop - clientHeight < NEAR;
    left.current = there.current ? undefined : (left.current ?? entries);
    setAway(!there.current);
    if (!there.current && earlier && scrollTop < EARLY) more();
    const spot = there.current || !box.current ? undefined : spotOf(box.current, shown);
    if (live.id) keep(`at ${live.id}`, spot, ofTab);
  };
  const more = () => {
    held.current = box.current ? spotOf(box.current, shown) : undefined;
    setShown(shown + TURNS);
  };
  const moved = () => (back.current = undefined);
  const toEnd = () => {
    moved();
    there.current = true;
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const alive = live.over.value ? "" : (session?.id ?? live.id);
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
          {turns.length === 0 && !live.over.value && <p class="calm">Say what is to be done.</p>}
          {earlier > 0 && (
            <p class="more">
              <button type="button" onClick={more}>
                Show {many(earlier, "earlier turn")}
              </button>
            </p>
          )}
          {turns.slice(earlier).map((turn) => (
            <Shown key={turn.id} turn={turn} rev={turn.rev} session={alive} />
          ))}
          {live.over.value && <p class="calm">{live.over.value}</p>}
        </div>
      </div>
      {away && (
        <button type="button" class="to-end" onClick={toEnd}>
          <Icon name="down" size={16} /> To the end
          {entries > (left.current ?? entries) && ` · ${entries - (left.current ?? 0)} new`}
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

/** By the last turn that begins above what is seen, or the first one; there may be thousands, so it is halved for. */
function spotOf(box: HTMLElement, shown: number): Spot | undefined {
  const turns = box.querySelectorAll(".turn");
  let [from, to] = [0, turns.length];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (above(box, turns[middle] as Element) >= 0) from = middle;
    else to = middle;
  }
  const turn = turns[from];
  return turn && { turn: turn.id, below: above(box, turn), shown };
}

function bring(box: HTMLElement, { turn, below }: Spot): void {
  const found = document.getElementById(turn);
  if (found) box.scrollTop += below - above(box, found);
}

/** Draw as many turns as it takes to the one that is sought, and bring it to the top, once. */
function useSought(turns: Turn[], shown: number, draw: (shown: number) => void, found: () => void): void {
  const last = useRef(sought.peek());
  const to = sought.value;
  useLayoutEffect(() => {
    const index = turns.findIndex((turn) => turn.id === to?.id);
    if (to === last.current || index < 0) return;
    found();
    if (turns.length - index > shown) return draw(turns.length - index);
    last.current = to;
    document.getElementById(turns[index]?.id ?? "")?.scrollIntoView({ block: "start" });
  }, [to, shown]);
}

interface Drawn {
  turn: Turn;
  rev: number;
  session: string;
}

const Shown = memo((drawn: Drawn) => <OneTurn {...drawn} />, ["session"]);

function OneTurn({ turn, session }: Drawn) {
  const folds = foldsOf(turn.entries.length);
  return (
    <article class="turn" id={turn.id} aria-label={`Turn: ${turn.message?.text ?? ""}`.slice(0, 100)}>
      <You message={turn.message} session={session} at={turn.at} />
      {folds.map((from) => (
        <Fold key={from} turn={turn} from={from} session={session} />
      ))}
      {turn.entries.slice(folds.length * FOLD).map((entry) => (
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
  if (isOver(turn) || !session) return null;
  const open = turn.entries.at(-1);
  const quiet =
    !open || (open.kind === "call" ? ["done", "failed"].includes(open.state) : open.kind === "note" || !open.open);
  return quiet ? (
    <p class="ending dim at-work">
      <span class="dots" aria-hidden="true" /> at work
    </p>
  ) : null;
}
