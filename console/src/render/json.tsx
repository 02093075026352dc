/** JSON as a tree: what is inside is drawn when it is opened. */
import { useState } from "preact/hooks";
import { many } from "../ui/words.ts";

const OPEN = 2;
const MOST = 500;
/** Parts up to which something inside is open at first. */
const FEW = 20;

/** A value with all that is in it. */
export function JsonTree({ value }: { value: unknown }) {
  return (
    <div class="json">
      <Value value={value} depth={0} />
    </div>
  );
}

function Value({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const [open, setOpen] = useState(depth === 0 || (depth < OPEN && Object.keys(value ?? {}).length <= FEW));
  const label = name === undefined ? null : <span class="name">{name}: </span>;
  if (typeof value !== "object" || value === null)
    return (
      <div>
        {label}
        <span class={`a-${value === null ? "null" : typeof value}`}>{JSON.stringify(value)}</span>
      </div>
    );
  const parts = Object.entries(value);
  const [before, after] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label}
        <span class="dim">
          {before}{" "}
          {many(parts.length, Array.isArray(value) ? "entry" : "name", Array.isArray(value) ? "entries" : "names")}{" "}
          {after}
        </span>
      </summary>
      {open && parts.slice(0, MOST).map(([key, each]) => <Value key={key} name={key} value={each} depth={depth + 1} />)}
      {open && parts.length > MOST && <div class="dim">… and {parts.length - MOST} more</div>}
    </details>
  );
}
