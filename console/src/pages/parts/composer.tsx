/** Where one says what is to be done: text, files by choice or by drop, and what is asked beside it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fitting } from "../../state/files.ts";
import { keep, kept, ofTab } from "../../state/kept.ts";
import { Act } from "../../ui/act.tsx";
import { Icon } from "../../ui/icon.tsx";
import { doing } from "../../ui/said.tsx";
import { many, size } from "../../ui/words.ts";

interface Composing {
  /** What a draft is kept under, for the life of the tab. */
  draft: string;
  label: string;
  button: string;
  /** Sends; throws what went wrong. */
  send: (text: string, files: File[]) => Promise<unknown>;
  disabled?: boolean;
  children?: ComponentChildren;
  autofocus?: boolean;
}

/** The field with its button. Ctrl or ⌘ with Enter sends. */
export function Composer({ draft, label, button, send, disabled = false, children, autofocus = false }: Composing) {
  const name = `draft ${draft}`;
  const [text, setText] = useState(() => {
    const before = kept<unknown>(name, ofTab);
    return typeof before === "string" ? before : "";
  });
  const [files, setFiles] = useState<File[]>([]);
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (autofocus) field.current?.focus();
  }, []);
  const ready = text.trim() !== "" && !busy && !disabled;
  const submit = async () => {
    if (!ready) return;
    setBusy(true);
    const sent = await doing(() => send(text.trim(), files));
    setBusy(false);
    if (!sent) return;
    keep(name, undefined, ofTab); // the page may have changed, and this field with it
    setText("");
    setFiles([]);
  };
  const add = (list: FileList | null | undefined) => {
    const added = fitting([...(list ?? [])]); // the field's own list is empty when the field is
    setFiles((before) => [...before, ...added]);
  };
  return (
    <form
      class={`composer${over ? " over" : ""}`}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        add(event.dataTransfer?.files);
      }}
    >
      <textarea
        ref={field}
        data-composer={draft}
        aria-label={label}
        placeholder={label}
        rows={2}
        value={text}
        onInput={({ currentTarget: { value } }) => {
          keep(name, value || undefined, ofTab); // at once: this field can be gone with the next answer
          setText(value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void submit();
          } else if (event.key === "Escape") event.currentTarget.blur();
        }}
        onPaste={(event) => event.clipboardData?.files.length && add(event.clipboardData.files)}
      />
      {files.length > 0 && <Chosen files={files} drop={(gone) => setFiles(files.filter((each) => each !== gone))} />}
      <div class="row under">
        <label class="bare" title="Add files, or drop them here">
          <Icon name="clip" />
          <span class="unseen">Add files</span>
          <input
            type="file"
            multiple
            class="unseen"
            onChange={(event) => {
              add(event.currentTarget.files);
              event.currentTarget.value = "";
            }}
          />
        </label>
        {children}
        <span class="fill" />
        <kbd class="hint">Ctrl ⏎</kbd>
        <button type="submit" class="main" disabled={!ready}>
          <span class="word">
            {busy ? (files.length ? `Sending ${many(files.length, "file")} …` : "Sending …") : button}
          </span>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function Chosen({ files, drop }: { files: File[]; drop: (file: File) => void }) {
  return (
    <ul class="chips" aria-label="Files to send">
      {files.map((file) => (
        <li key={`${file.name} ${file.size}`} class="chip">
          <Icon name="file" size={14} />
          {file.name} <span class="dim">{size(file.size)}</span>
          <Act icon="cross" label={`Leave out ${file.name}`} size={12} small act={() => drop(file)} />
        </li>
      ))}
    </ul>
  );
}
