/** Whether somebody looks: browsers give a server six connections, so pages that nobody sees give theirs back. */

/** For how long an unseen page goes on reading, in milliseconds. */
const UNSEEN = 5 * 60_000;

/** Call `act` each time when the page has been unseen for so long; gives what ends that. */
export function whenUnseen(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(act, UNSEEN);
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

/** Wait until the page is seen, or the signal says stop. */
export async function seen(signal: AbortSignal): Promise<void> {
  while (document.hidden && !signal.aborted)
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
      signal.addEventListener("abort", resolve, { once: true });
    });
}

/** Act so often, in milliseconds, while somebody looks; gives what ends that. */
export function whileSeen(act: () => unknown, every: number): () => void {
  const timer = setInterval(() => document.hidden || act(), every);
  return () => clearInterval(timer);
}
