/** Tells who looks elsewhere: by the page's title, and by the desktop if that was asked for. */
import { waiting } from "../state/board.ts";
import { effect } from "../state/signal.ts";
import { notify } from "../state/wishes.ts";

/** Keep on telling; gives what ends it. */
export function tell(): () => void {
  let known = new Set(waiting.peek().map((each) => each.id));
  return effect(() => {
    const now = waiting.value;
    document.title = now.length ? `(${now.length}) Walkaway` : "Walkaway";
    const added = now.filter((each) => !known.has(each.id));
    known = new Set(now.map((each) => each.id));
    if (!added.length || !notify.value || !document.hidden || Notification.permission !== "granted") return;
    const [first] = added;
    new Notification("Walkaway needs you", { body: first?.title || "A turn waits for an answer", tag: "walkaway" });
  });
}
