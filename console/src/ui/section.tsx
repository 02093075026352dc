/** Parts of a page: one with a heading that names it, and what stands in a page's place while it is not there. */
import type { ComponentChildren } from "preact";

interface Headed {
  /** Of the heading, by which the part is named. */
  id: string;
  title: ComponentChildren;
  children: ComponentChildren;
}

/** A part with its heading. */
export function Section({ id, title, children }: Headed) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** What is shown of a page that waits for what it shows, or says why that does not come. */
export function Awaited({ title, error }: { title: string; error: string }) {
  return (
    <div class="page" aria-busy={!error}>
      <h1>{title}</h1>
      {error && <p class="wrong">{error}</p>}
    </div>
  );
}
