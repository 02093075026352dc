/** What tabs have together: browsers give a server six connections, so one tab follows the feed, and a few hold streams. */

/** How many tabs hold a stream at once: with the feed's one, two connections are left for all that is asked. */
const STREAMS = 3;

/** Browsers have no locks for pages of other machines without TLS: there each tab does as if it were the only one. */
const locks = navigator.locks as LockManager | undefined;

/** Wait until no other tab does what is called so, then do it to its end. */
export async function alone(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  let begun = !locks;
  const begin = () => {
    begun = true;
    return work();
  };
  try {
    await (locks ? locks.request(name, { signal }, begin) : work());
  } catch (error) {
    if (begun || signal.aborted) throw error;
    await work(); // this browser lets nobody have locks
  }
}

/** Take one of the streams, and give what gives it back; undefined: other tabs hold them all. */
export async function stream(): Promise<(() => void) | undefined> {
  if (!locks) return () => {};
  for (let number = 0; number < STREAMS; number++) {
    const give = await held(locks, `walkaway stream ${number}`);
    if (give) return give;
  }
  return undefined;
}

function held(from: LockManager, name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const take = (lock: Lock | null) => {
      if (lock) return new Promise<void>(resolve);
      resolve(undefined);
      return undefined;
    };
    from.request(name, { ifAvailable: true }, take).catch(() => resolve(undefined));
  });
}
