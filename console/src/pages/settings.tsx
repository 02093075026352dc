/** Settings: who one is here, what this device does, and which models there are. */
import { useState } from "preact/hooks";
import type { records } from "../../../clients/typescript/src/index.ts";
import { help } from "../app/keys.ts";
import { access, base, isKeyed, server, signOut } from "../state/server.ts";
import { notify, theme, THEMES } from "../state/wishes.ts";
import { Fact } from "../ui/fact.tsx";
import { say, sentence } from "../ui/said.tsx";
import { size, span } from "../ui/words.ts";
import { Section } from "../ui/section.tsx";

const HOUR = 3600;
/** Seconds for which a model may think about one word. */
const CHECKED = 60;

/** The page. */
export function Settings() {
  if (access.value.state !== "in") return null;
  const { me } = access.value;
  return (
    <div class="page narrow">
      <h1>Settings</h1>
      <Section id="device" title="This device">
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
      </Section>
      <Server me={me} />
      <Section id="models" title="Models">
        <ul class="plain">
          {me.models.map((model) => (
            <Model key={model.id} {...model} />
          ))}
        </ul>
      </Section>
    </div>
  );
}

/** Ask a model for a word, in a session that goes at once. Throws what came in its place. */
async function hear(model: string): Promise<void> {
  const signal = AbortSignal.timeout(CHECKED * 1000);
  const late = new Error(`It has not answered within ${CHECKED} seconds.`);
  const session = await server().sessions.create({ model, ttl: HOUR, max_steps: 1, allowed_tools: [] });
  try {
    await session.send("Say hello, in one word.");
    for await (const { type, data } of session.events({ signal })) {
      if (type === "message.error") throw new Error(String(data["error"]));
      if (type === "message.completed") return;
    }
    throw late;
  } catch (error) {
    throw signal.aborted ? late : error;
  } finally {
    await session.delete();
  }
}

/** A model, and whether it answers. */
function Model({ id, default: first }: records.ModelRecord) {
  const [said, setSaid] = useState("");
  const [wrong, setWrong] = useState(false);
  const check = async () => {
    setSaid("is asked …");
    setWrong(false);
    const began = Date.now();
    try {
      await hear(id);
      setSaid(`answers, after ${span((Date.now() - began) / 1000)}`);
    } catch (error) {
      setSaid(sentence(error));
      setWrong(true);
    }
  };
  return (
    <li class="row">
      <code>{id}</code> {first && <span class="dim">where none is named</span>}
      <span class="fill" />
      <span class={wrong ? "wrong" : "dim"} role="status">
        {said}
      </span>
      <button type="button" aria-label={`Check ${id}`} title="It costs a few tokens" onClick={check}>
        Check
      </button>
    </li>
  );
}

function Server({ me }: { me: records.Me }) {
  const bytes = new Set(["metadata_bytes", "body_bytes", "file_bytes", "stored_bytes"]);
  return (
    <Section id="server" title="Server">
      <dl class="facts">
        <Fact name="Address">
          <code>{base}</code>
        </Fact>
        <Fact name="Version">{me.version}</Fact>
        <Fact name="Tenant">{me.tenant}</Fact>
        <Fact name="Key">{me.key ? `${me.key.name || "unnamed"} (${me.key.id})` : "none is needed here"}</Fact>
        <Fact name="Can do">{me.features.map((each) => each.replaceAll("_", " ")).join(", ")}</Fact>
        {Object.entries(me.limits).map(([name, value]) => (
          <Fact key={name} name={`Limit: ${name}`}>
            {bytes.has(name) ? size(value) : value.toLocaleString()}
          </Fact>
        ))}
      </dl>
      <p class="dim">
        {me.key ? "Keys are made and revoked" : "A server asks for keys once there is one; they are made"} by whoever
        runs it: <code>walkaway keys create {me.tenant} --name …</code>
      </p>
      <p class="row">
        <a href="../docs">The API, to read and to try</a>
        {isKeyed() && (
          <button type="button" onClick={signOut}>
            Sign out of this device
          </button>
        )}
      </p>
    </Section>
  );
}

const asked = async (): Promise<NotificationPermission> =>
  "Notification" in globalThis ? Notification.requestPermission() : "denied";

async function allow(wanted: boolean): Promise<void> {
  if (wanted && (await asked()) !== "granted") {
    say("The browser does not let this page tell you anything. Its settings for this address say so.", true);
    return;
  }
  notify.value = wanted;
}
