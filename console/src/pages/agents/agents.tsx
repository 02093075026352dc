/** Agents: all of them, one with its versions, and a new one. */
import { to } from "../../app/router.ts";
import { go, here } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { when } from "../../ui/words.ts";
import { AgentFields, AgentForm } from "./form.tsx";
import { OneAgent } from "./agent.tsx";

/** The page that the address names. */
export function Agents() {
  const [id = "", edit = ""] = here.value.rest;
  if (id === "new") return <AgentForm />;
  return id ? <OneAgent key={id} id={id} edit={edit === "edit"} /> : <List />;
}

function List() {
  const { value, error } = useLoaded((signal) => server().agents.list().nextPage(signal), []);
  return (
    <div class="page">
      <header class="bar">
        <h1>Agents</h1>
        <span class="fill" />
        {value?.length !== 0 && (
          <button type="button" class="main" onClick={() => go("agents", ["new"])}>
            New agent
          </button>
        )}
      </header>
      {error && <p class="wrong">{error}</p>}
      {value?.length === 0 && (
        <>
          <p class="calm">
            An agent is a name for a way to work: instructions, a model, tools. Sessions and schedules share it.
          </p>
          <AgentFields />
        </>
      )}
      {value && value.length > 0 && (
        <ul class="cards spaced">
          {value.map((each) => (
            <li key={each.id} class="card">
              <div class="about">
                <a class="title" data-row href={to("agents", [each.id])}>
                  {each.name}
                </a>
                <p class="dim clip">{each.description || each.instructions.slice(0, 120)}</p>
              </div>
              <span class="dim narrowless">{each.model || "the server's model"}</span>
              <span class="dim number">version {each.version}</span>
              <time class="dim number narrowless">{when(each.updated_at)}</time>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
