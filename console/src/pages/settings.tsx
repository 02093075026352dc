/** Settings: who one is here, what this device does, and which models there are. */
import type { records } from "../../../clients/typescript/src/index.ts";
import { help } from "../app/keys.ts";
import { access, base, isKeyed, signOut } from "../state/server.ts";
import { notify, theme, THEMES } from "../state/wishes.ts";
import { say } from "../ui/said.tsx";
import { size } from "../ui/words.ts";

/** The page. */
export function Settings() {
  if (access.value.state !== "in") return null;
  const { me } = access.value;
  return (
    <div class="page narrow">
      <h1>Settings</h1>
      <section aria-labelledby="device">
        <h2 id="device">This device</h2>
        <fieldset class="switch">
          <legend>Theme</legend>
          {THEMES.map((each) => (
            <label key={each}>
              <input type="radio" name="theme" checked={theme.value === each} onChange={() => (theme.value = each)} />
              <span>{each}</span>
            </label>
          ))}
        </fieldset>
        <label class="check">
          <input type="checkbox" checked={notify.value} onChange={(event) => void allow(event.currentTarget.checked)} />
          <span>
            Tell me on the desktop
            <small>When a turn waits for you while this page is in the background.</small>
          </span>
        </label>
        <p>
          <button type="button" onClick={() => (help.value = true)}>
            Keys
          </button>
        </p>
      </section>
      <Server me={me} />
      <section aria-labelledby="models">
        <h2 id="models">Models</h2>
        <ul class="plain">
          {me.models.map((model) => (
            <li key={model.id}>
              <code>{model.id}</code> {model.default && <span class="dim">where none is named</span>}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Server({ me }: { me: records.Me }) {
  const bytes = new Set(["metadata_bytes", "body_bytes", "stored_bytes"]);
  return (
    <section aria-labelledby="server">
      <h2 id="server">Server</h2>
      <dl class="facts">
        <Fact name="Address">
          <code>{base}</code>
        </Fact>
        <Fact name="Version">{me.version}</Fact>
        <Fact name="Tenant">{me.tenant}</Fact>
        <Fact name="Key">{me.key ? `${me.key.name || "unnamed"} (${me.key.id})` : "none is needed here"}</Fact>
        {Object.entries(me.limits).map(([name, value]) => (
          <Fact key={name} name={`Limit: ${name.replaceAll("_", " ")}`}>
            {bytes.has(name) ? size(value) : value.toLocaleString()}
          </Fact>
        ))}
      </dl>
      <p class="row">
        <a href="../docs">The API, to read and to try</a>
        {isKeyed() && (
          <button type="button" onClick={signOut}>
            Sign out of this device
          </button>
        )}
      </p>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

async function allow(wanted: boolean): Promise<void> {
  if (wanted && (await Notification.requestPermission()) !== "granted") {
    say("The browser does not let this page tell you anything. Its settings for this address say so.", true);
    return;
  }
  notify.value = wanted;
}
