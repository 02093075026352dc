/** A session: what was said and done in it, as it goes on; and what is to be looked at beside it. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { bind, focus } from "../../app/keys.ts";
import { to } from "../../app/router.ts";
import { Live } from "../../log/live.ts";
import { refresh, type Session, sessions } from "../../state/board.ts";
import { ask, here } from "../../state/here.ts";
import { cancel } from "../inbox/running.tsx";
import { Conversation } from "./conversation.tsx";
import { Details } from "./details.tsx";
import { Head } from "./head.tsx";
import { Reply } from "./reply.tsx";
import { show, Turns } from "./turns.tsx";

/** The page of the session that the address names. */
export function SessionPage() {
  const id = here.value.rest[0] ?? "";
  return <One key={id} id={id} />;
}

function One({ id }: { id: string }) {
  const live = useMemo(() => new Live(id), [id]);
  useEffect(() => {
    refresh(id);
    return () => live.dispose();
  }, [live]);
  useEffect(() => bind(keysOf(id, live)), [live]);
  const session = useKnown(live.over.value ? undefined : sessions.value.get(id));
  const { side = "", turn = "", file = "" } = here.value.asked;
  if (live.over.value && !session && !live.cursor) return <None why={live.over.value} />;
  return (
    <div class="session" data-side={side || file ? "shown" : ""}>
      <Head id={id} session={session} live={live} />
      <Turns live={live} chosen={turn} />
      <Conversation live={live} session={session} />
      <Details live={live} session={session} side={side || (file ? "files" : "activity")} turn={turn} file={file} />
      <Reply live={live} session={session} />
    </div>
  );
}

/** What is shown where no session is. */
function None({ why }: { why: string }) {
  return (
    <div class="page narrow">
      <h1>{why}</h1>
      <p>
        It may have expired, or been deleted. <a href={to("sessions")}>All sessions</a> are listed.
      </p>
    </div>
  );
}

/** The record; of a session that is gone what was known of it last. */
function useKnown(session: Session | undefined): Session | undefined {
  const last = useRef(session);
  if (session) last.current = session;
  return session ?? (last.current && { ...last.current, busy: false, pending_tool_calls: [], queue: [] });
}

function keysOf(id: string, live: Live): Record<string, () => void> {
  const step = (by: number) => {
    const { turns } = live.conversation;
    const { asked } = here.peek();
    const now = turns.findIndex((turn) => turn.id === asked["turn"]);
    const next = turns[now < 0 ? turns.length - 1 : Math.min(turns.length - 1, Math.max(0, now + by))];
    if (next) show(next);
  };
  const side = (name: string) => () => {
    ask({ ...here.peek().asked, side: name, file: "" });
    focus("#side");
  };
  return {
    "[": () => step(-1),
    "]": () => step(1),
    r: () => document.querySelector<HTMLElement>(".reply textarea")?.focus(),
    e: side("events"),
    f: side("files"),
    x: () => {
      const session = sessions.peek().get(id);
      if (session) void cancel(session);
    },
  };
}
