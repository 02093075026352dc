/** A new agent, or another way for one that is there: each change is a version. */
import { useState } from "preact/hooks";
import { BadRequest, Conflict, type records } from "../../../../clients/typescript/src/index.ts";
import { to } from "../../app/router.ts";
import { go } from "../../state/here.ts";
import { me, server } from "../../state/server.ts";
import { Choice, parts, Text } from "../../ui/field.tsx";
import { say, sentence } from "../../ui/said.tsx";

interface Preset {
  label: string;
  name: string;
  description: string;
  instructions: string;
  approve: string;
}

const PRESETS: Preset[] = [
  {
    label: "A researcher",
    name: "researcher",
    description: "Looks things up and writes reports",
    instructions: "Research what you are asked for. Say where each fact is from. Write the result to a markdown file.",
    approve: "",
  },
  {
    label: "A careful one",
    name: "careful",
    description: "Asks before it changes anything",
    instructions: "Say what you are about to do before you do it.",
    approve: "bash, write_file, edit_file",
  },
  { label: "A blank one", name: "", description: "", instructions: "", approve: "" },
];
const EFFORTS: [string, string][] = [
  ["", "the model's own"],
  ...["low", "medium", "high", "xhigh", "max"].map((each): [string, string] => [each, each]),
];

/** The page. */
export function AgentForm({ agent, done }: { agent?: records.AgentRecord; done?: () => void }) {
  return (
    <div class="page narrow">
      <h1>{agent ? `Edit ${agent.name}` : "New agent"}</h1>
      <AgentFields agent={agent} done={done} />
    </div>
  );
}

interface Edited {
  agent?: records.AgentRecord | undefined;
  done?: (() => void) | undefined;
}

/** The form. What the server refuses is said at its field, where it names one. */
export function AgentFields({ agent, done }: Edited) {
  const [said, setSaid] = useState({
    name: agent?.name ?? "",
    description: agent?.description ?? "",
    instructions: agent?.instructions ?? "",
    model: agent?.model ?? "",
    effort: agent?.effort ?? "",
    approve: agent?.approve.join(", ") ?? "",
    allowed_tools: agent?.allowed_tools?.join(", ") ?? "",
    disallowed_tools: agent?.disallowed_tools.join(", ") ?? "",
    max_steps: String(agent?.max_steps ?? ""),
    max_turn_cost_usd: String(agent?.max_turn_cost_usd ?? ""),
  });
  const [wrong, setWrong] = useState("");
  const set = (name: keyof typeof said) => (value: string) => setSaid({ ...said, [name]: value });
  const at = (name: keyof typeof said, about = "") => ({
    value: said[name],
    set: set(name),
    about,
    wrong: wrong.split(/; (?=`)/).find((each) => each.startsWith(`\`${name}`)) ?? "",
  });
  const models = me()?.models ?? [];
  const save = async () => {
    const asked = {
      ...said,
      effort: said.effort || null,
      approve: parts(said.approve),
      allowed_tools: said.allowed_tools ? parts(said.allowed_tools) : null,
      disallowed_tools: parts(said.disallowed_tools),
      max_turn_cost_usd: said.max_turn_cost_usd ? Number(said.max_turn_cost_usd) : null,
      max_steps: said.max_steps ? Number(said.max_steps) : undefined,
    } as records.AgentCreate;
    try {
      const saved = await (agent ? server().agents.update(agent.id, asked) : server().agents.create(asked));
      done?.();
      go("agents", [saved.id]);
    } catch (error) {
      const known = error instanceof BadRequest || error instanceof Conflict;
      setWrong(known ? sentence(error) : "");
      if (!known) say(sentence(error), true);
    }
  };
  return (
    <>
      {!agent && (
        <div class="row" role="group" aria-label="To begin with">
          {PRESETS.map(({ label, ...preset }) => (
            <button key={label} type="button" onClick={() => setSaid({ ...said, ...preset })}>
              {label}
            </button>
          ))}
        </div>
      )}
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {wrong && (
          <p class="wrong" role="alert">
            {wrong}
          </p>
        )}
        <Text label="Name" required {...at("name")} />
        <Text label="Description" {...at("description", "For people.")} />
        <Text label="Instructions" lines={8} {...at("instructions", "Added to the system prompt.")} />
        <Choice
          label="Model"
          {...at("model")}
          options={[["", "the server's"], ...models.map((each): [string, string] => [each.id, each.id])]}
        />
        <Choice label="Effort" {...at("effort")} options={EFFORTS} />
        <Text label="Tools that need a yes" {...at("approve", "Names with commas between, like bash, write_file.")} />
        <Text
          label="Only these tools"
          {...at("allowed_tools", "Empty: all but web_search, web_fetch and code_execution.")}
        />
        <Text label="None of these tools" {...at("disallowed_tools")} />
        <Text label="Steps of a turn, at the most" type="number" {...at("max_steps")} />
        <Text label="Dollars of a turn, at the most" {...at("max_turn_cost_usd", "Needs a model with a price.")} />
        <div class="row end">
          <a href={to("agents", agent ? [agent.id] : [])}>Leave it</a>
          <button type="submit" class="main">
            {agent ? "Save as a new version" : "Create"}
          </button>
        </div>
      </form>
    </>
  );
}
