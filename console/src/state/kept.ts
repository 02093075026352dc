/** What the browser keeps: for this address of the console and its tenant, and never needed: a browser may refuse. */

const PREFIX = `walkaway ${location.pathname} `;
/** What belongs to whoever sits here, and to no tenant. */
const OF_DEVICE = new Set(["key", "theme", "notify"]);
let owner = "";

/** Say whose things are read and kept from now on: a tenant never sees another one's drafts. */
export function keepFor(tenant: string): void {
  owner = `${encodeURIComponent(tenant)} `;
}

/** Forget what was kept for this tenant, in the browser and in this tab. */
export function forgetKept(): void {
  for (const store of [() => localStorage, ofTab])
    try {
      for (const name of Object.keys(store())) if (name.startsWith(PREFIX + owner)) store().removeItem(name);
    } catch {
      // forbidden: nothing was kept
    }
}

/** Act when another tab forgets something of this device. */
export function whenForgotten(name: string, act: (was: string | null) => void): void {
  addEventListener("storage", ({ key, oldValue, newValue }) => {
    if (key === PREFIX + name && newValue === null) act(oldValue);
  });
}

const named = (name: string): string => PREFIX + (OF_DEVICE.has(name) ? "" : owner) + name;

/** Read what was kept, or nothing. */
export function kept<T>(name: string, store: () => Storage = () => localStorage): T | undefined {
  try {
    const text = store().getItem(named(name));
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** Keep something; undefined: no longer. */
export function keep(name: string, value: unknown, store: () => Storage = () => localStorage): void {
  try {
    if (value === undefined) store().removeItem(named(name));
    else store().setItem(named(name), JSON.stringify(value));
  } catch {
    // full, or forbidden: it is as if nothing had been kept
  }
}

/** For the life of a tab. */
export const ofTab = (): Storage => sessionStorage;
