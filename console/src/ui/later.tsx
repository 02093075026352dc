/** Components of a module that is loaded when one of them is first shown. */
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { signal } from "../state/signal.ts";

/** Give what makes such a component, by what it is in the module. */
export function later<Module>(load: () => Promise<Module>) {
  const there = signal<Module | undefined>(undefined);
  const wrong = signal(false);
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    load().then(
      (module) => (there.value = module),
      () => (wrong.value = true),
    );
  };
  return (pick: (module: Module) => ComponentType): ComponentType =>
    function Later() {
      useEffect(ask, []);
      const Shown = there.value && pick(there.value);
      return Shown ? <Shown /> : wrong.value ? <Missing /> : null;
    };
}

/** Browsers remember that a module did not come: only a new page asks for it again. */
function Missing() {
  return (
    <div class="page">
      <p class="wrong">This page could not be loaded: the server does not answer, or has another version by now.</p>
      <button type="button" onClick={() => location.reload()}>
        Load the console anew
      </button>
    </div>
  );
}
