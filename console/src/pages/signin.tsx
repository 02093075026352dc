/** Signing in: a field for the key. No cookie is set; what stays on this device is said in words. */
import { useEffect, useRef, useState } from "preact/hooks";
import { access, base, signIn } from "../state/server.ts";
import { doing } from "../ui/said.tsx";

/** The form. */
export function SignIn() {
  const [key, setKey] = useState("");
  const [stay, setStay] = useState(false);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const { value } = access;
  const refused = value.state === "key wanted" && value.refused && !busy;
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!key.trim()) return;
    setBusy(true);
    const answered = await doing(() => signIn(key, stay));
    setBusy(false);
    if (answered) setKey("");
    field.current?.focus();
  };
  return (
    <main class="signin">
      <form onSubmit={(event) => void submit(event)}>
        <h1>Sign in to Walkaway</h1>
        <p class="dim">This server asks for an API key: {new URL(base).host}</p>
        <label for="key">API key</label>
        <input
          id="key"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          value={key}
          aria-invalid={refused}
          aria-describedby={refused ? "refused" : undefined}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        {refused && (
          <p id="refused" class="wrong" role="alert">
            This key opens nothing here. Has it been revoked, or is it another server's?
          </p>
        )}
        <label class="check">
          <input type="checkbox" checked={stay} onChange={(event) => setStay(event.currentTarget.checked)} />
          <span>
            Stay signed in on this device
            <small>
              The key is then kept in this browser, for this address, until you sign out. Else it is forgotten when this
              page is left or loaded anew.
            </small>
          </span>
        </label>
        <button type="submit" class="main" disabled={busy}>
          {busy ? "Asking …" : "Sign in"}
        </button>
        <p class="dim">
          <code>walkaway keys create TENANT</code> makes one.
        </p>
      </form>
    </main>
  );
}
