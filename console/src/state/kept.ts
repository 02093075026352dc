/** What the browser keeps: for this address of the console alone, and never needed: a browser may refuse. */

const PREFIX = `walkaway ${location.pathname} `;

/** Read what was kept, or nothing. */
export function kept<T>(name: string, store: () => Storage = () => localStorage): T | undefined {
  try {
    const text = store().getItem(PREFIX + name);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** Keep something; undefined: no longer. */
export function keep(name: string, value: unknown, store: () => Storage = () => localStorage): void {
  try {
    if (value === undefined) store().removeItem(PREFIX + name);
    else store().setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // full, or forbidden: it is as if nothing had been kept
  }
}

/** For the life of a tab. */
export const ofTab = (): Storage => sessionStorage;
