/** A secret, which is shown this once, and how it is used. */
import { Dialog } from "../../ui/ask.tsx";
import { copy } from "../../ui/copy.ts";
import { doing } from "../../ui/said.tsx";

const VERIFY = `from standardwebhooks import Webhook
said = Webhook(secret).verify(body, headers)  # the raw body`;

/** The window. */
export function Secret({ secret, close }: { secret: string; close: () => void }) {
  return (
    <Dialog title="The secret" onClose={close}>
      <h2>The secret</h2>
      <p>This is the only time that it is shown. With it you verify that what comes is from this server:</p>
      <pre tabIndex={0} data-secret>
        {secret}
      </pre>
      <Verify />
      <div class="row end">
        <button type="button" onClick={() => void doing(() => copy(secret), "Copied.")}>
          Copy
        </button>
        <button type="button" class="main" onClick={close}>
          I have it
        </button>
      </div>
    </Dialog>
  );
}

/** How whoever is told finds out who tells. */
export function Verify() {
  return (
    <>
      <p class="dim">What comes is signed. In Python, for instance:</p>
      <pre tabIndex={0}>{VERIFY}</pre>
    </>
  );
}
