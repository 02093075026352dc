/** What the page says about what was done: a line below, which goes by itself, and is read out. */
import { Unreachable } from "../../../clients/typescript/src/index.ts";
import { signal } from "../state/signal.ts";

interface Line {
  id: number;
  text: string;
  wrong: boolean;
}

const lines = signal<Line[]>([]);
const KEPT = 6000;
let last = 0;

/** Say something. `wrong`: it stays longer. */
export function say(text: string, wrong = false): void {
  const id = ++last;
  lines.value = [...lines.value.slice(-2), { id, text, wrong }];
  setTimeout(() => (lines.value = lines.value.filter((line) => line.id !== id)), wrong ? KEPT * 2 : KEPT);
}

/** Put an error into a sentence. */
export function sentence(error: unknown): string {
  if (error instanceof Unreachable) return "The server did not answer.";
  return error instanceof Error ? error.message : String(error);
}

/** Do something, and say what went wrong with it; give whether it went well. */
export async function doing(work: () => Promise<unknown>, done = ""): Promise<boolean> {
  try {
    await work();
    if (done) say(done);
    return true;
  } catch (error) {
    say(sentence(error), true);
    return false;
  }
}

/** Where it is said. */
export function Said() {
  return (
    <div class="said" role="status" aria-live="polite">
      {lines.value.map((line) => (
        <p key={line.id} class={line.wrong ? "wrong" : ""}>
          {line.text}
        </p>
      ))}
    </div>
  );
}
