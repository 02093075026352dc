/** One agent: what it is, what it was in each version, and in what they differ. */
import { useState } from "preact/hooks";
import type { records } from "../../../../clients/typescript/src/index.ts";
import { to } from "../../app/router.ts";
import { go } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { JsonTree } from "../../render/json.tsx";
import { begin } from "../../state/tasks.ts";
import { sure } from "../../ui/ask.tsx";
import { Fact, isSaid } from "../../ui/fact.tsx";
import { doing } from "../../ui/said.tsx";
import { exact, when } from "../../ui/words.ts";
import { Composer } from "../parts/composer.tsx";
import { differences } from "./differ.ts";
import { AgentForm } from "./form.tsx";
import { Awaited, Section } from "../../ui/section.tsx";

/** What stands elsewhere on the page, or is nobody's setting. */
const ASIDE = new Set("id name description version created_at updated_at instructions tools".split(" "));

/** The page. */
export function OneAgent({ id, edit }: { id: string; edit: boolean }) {
  const found = useLoaded(() => server().agents.get(id), [id]);
  const versions = useLoaded(() => server().agents.versions(id), [id]);
  const { value } = found;
  if (found.error || !value) return <Awaited title="Agent" error={found.error} />;
  const again = () => {
    found.again();
    versions.again();
  };
  if (edit) return <AgentForm agent={value} done={again} />;
  const remove = async () => {
    if (!(await sure(`Delete ${value.name}?`, "Turns that run keep it; nothing begins with it any more.", "Delete")))
      return;
    if (await doing(() => server().agents.delete(id), "Deleted.")) go("agents");
  };
  const send = async (text: string, files: File[]) => {
    const turn = await begin(text, { agent: id }, files);
    go("s", [turn.sessionId]);
  };
  return (
    <div class="page">
      <header class="bar">
        <h1>{value.name}</h1>
        <span class="dim">version {value.version}</span>
        <span class="fill" />
        <button type="button" class="main" onClick={() => go("agents", [id, "edit"])}>
          Edit
        </button>
        <button type="button" onClick={remove}>
          Delete …
        </button>
      </header>
      <p class="dim">
        <a href={to("agents")}>All agents</a>
      </p>
      <p>{value.description}</p>
      <Section id="how" title="How it works">
        {value.instructions && <pre tabIndex={0}>{value.instructions}</pre>}
        <dl class="facts">
          {Object.entries(value)
            .filter(([name, each]) => !ASIDE.has(name) && isSaid(each))
            .map(([name, each]) => (
              <Fact key={name} name={name}>
                {Array.isArray(each) ? each.join(", ") : String(each)}
              </Fact>
            ))}
        </dl>
      </Section>
      {value.tools.length > 0 && <Tools key={value.version} agent={value} />}
      <Section id="try" title="Try it">
        <Composer draft={`agent ${id}`} label={`What shall ${value.name} do?`} button="Start" send={send} />
      </Section>
      <Section id="was" title="Versions">
        {versions.value && <Versions key={versions.value[0]?.version} list={versions.value} />}
      </Section>
    </div>
  );
}

/** The tools of the caller's that it may use, as the model is told of them. */
function Tools({ agent }: { agent: records.AgentRecord }) {
  const { value, error } = useLoaded(async (signal): Promise<records.AgentVersionDetail> => {
    const path = `/v1/agents/${agent.id}/versions/${agent.version}`;
    return (await server().request("GET", path, { signal })).json("id");
  }, []);
  return (
    <Section id="tools" title="Tools of its callers">
      {error && <p class="wrong">{error}</p>}
      <ul class="rows">
        {value?.tools.map(({ name, description, parameters }) => (
          <li key={String(name)}>
            <details class="delivery">
              <summary data-row>
                <b>{String(name)}</b>
                <span class="dim clip fill">{String(description ?? "")}</span>
              </summary>
              <div class="sent">
                <JsonTree value={parameters} />
              </div>
            </details>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The newest first, each with what it changed. */
function Versions({ list }: { list: records.AgentVersion[] }) {
  const [open, setOpen] = useState(list[0]?.version ?? 0);
  return (
    <ol class="rows">
      {list.map((each, index) => (
        <li key={each.version}>
          <details
            class="delivery"
            open={each.version === open}
            onToggle={(event) => event.currentTarget.open && setOpen(each.version)}
          >
            <summary data-row>
              <b>version {each.version}</b>
              <span class="fill" />
              {each.updated_at && (
                <time class="dim number" title={exact(each.updated_at)}>
                  {when(each.updated_at)}
                </time>
              )}
            </summary>
            {each.version === open && <Changes now={each} before={list[index + 1]} />}
          </details>
        </li>
      ))}
    </ol>
  );
}

function Changes({ now, before }: { now: records.AgentVersion; before: records.AgentVersion | undefined }) {
  if (!before) return <p class="dim sent">The first one.</p>;
  const found = differences(before, now);
  if (!found.length) return <p class="dim sent">Nothing that is shown here has changed.</p>;
  return (
    <div class="sent">
      {found.map(({ field, lines }) => (
        <section key={field} aria-label={`Changes of ${field}`}>
          <p class="small">{field.replaceAll("_", " ")}</p>
          <pre class="diff" tabIndex={0}>
            {lines.map((line, index) => (
              <span key={index} class={line.in}>
                {line.in === "old" ? "− " : line.in === "new" ? "+ " : "  "}
                {line.text}
                {"\n"}
              </span>
            ))}
          </pre>
        </section>
      ))}
    </div>
  );
}
