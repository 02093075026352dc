/** What a record has, one thing a row. */
import type { ComponentChildren } from "preact";

/** Draw one, in a list of them. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name.replaceAll("_", " ")}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Whether a record says something there: no empty text, no empty list. */
export const isSaid = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && !value.length);
