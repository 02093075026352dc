/** A field of a form with its name above it, and what is to be known of it below. */
import type { ComponentChildren, JSX } from "preact";

interface Named {
  label: string;
  about?: string;
  /** What is wrong with what stands there, instead of what is to be known. */
  wrong?: string;
  children: ComponentChildren;
}

/** Whatever stands in a form. */
export function Field({ label, about, wrong, children }: Named) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {(wrong || about) && <small class={wrong ? "wrong" : "dim"}>{wrong || about}</small>}
    </label>
  );
}

interface Typed {
  label: string;
  value: string;
  set: (value: string) => void;
  about?: string;
  wrong?: string;
  lines?: number;
  type?: "text" | "number" | "datetime-local" | "time" | "url";
  required?: boolean;
  placeholder?: string;
}

/** A text, of a line or of several. */
export function Text({
  label,
  value,
  set,
  about = "",
  wrong = "",
  lines = 1,
  type = "text",
  required = false,
  placeholder = "",
}: Typed) {
  return (
    <Field label={label} about={about} wrong={wrong}>
      {lines > 1 ? (
        <textarea
          rows={lines}
          value={value}
          required={required}
          aria-invalid={wrong !== ""}
          placeholder={placeholder}
          onInput={(event) => set(event.currentTarget.value)}
        />
      ) : (
        <input
          type={type as "text"}
          step={type === "number" ? "any" : undefined}
          value={value}
          required={required}
          aria-invalid={wrong !== ""}
          placeholder={placeholder}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface Chosen {
  label: string;
  value: string;
  set: (value: string) => void;
  options: [value: string, label: string][];
  about?: string;
  wrong?: string;
}

/** One of several. */
export function Choice({ label, value, set, options, about = "", wrong = "" }: Chosen) {
  return (
    <Field label={label} about={about} wrong={wrong}>
      <select value={value} aria-invalid={wrong !== ""} onChange={(event) => set(event.currentTarget.value)}>
        {options.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface Switched<T> {
  legend: JSX.Element;
  name: string;
  value: T;
  set: (value: T) => void;
  options: [value: T, label: string][];
}

/** One of few, all of which are seen. `name`: in the form. */
export function Switch<T extends string>({ legend, name, value, set, options }: Switched<T>) {
  return (
    <fieldset class="switch">
      {legend}
      {options.map(([each, label]) => (
        <label key={each}>
          <input type="radio" name={name} checked={value === each} onChange={() => set(each)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** What is asked for with commas between. */
export const parts = (text: string): string[] =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

/** A set with one more, or without that one. */
export function toggled<T>(set: ReadonlySet<T>, one: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(one)) next.add(one);
  return next;
}
