/** A new task: a session of its own for what is said. */
import { useEffect, useState } from "preact/hooks";
import type { records } from "../../../../clients/typescript/src/index.ts";
import { go } from "../../state/here.ts";
import { me, server } from "../../state/server.ts";
import { begin, type Making } from "../../state/tasks.ts";
import { doing } from "../../ui/said.tsx";
import { Composer } from "../parts/composer.tsx";

const EXAMPLES: { name: string; text: string; making: Making }[] = [
  { name: "A report", text: "Write a 3-page report on tidal power to report.md", making: {} },
  { name: "Slides", text: "Make slides about bees to bees.pptx", making: {} },
  { name: "One that asks first", text: "Write a poem about rain to rain.md", making: { approve: ["write_file"] } },
];
/** What can do harm outside of the workspace, or to what is in it. */
const ASKS_FIRST = ["bash", "write_file", "edit_file", "create_presentation"];

/** The field, with what a session can be made with; and three tasks to begin with. */
export function NewTask({ examples = false }: { examples?: boolean }) {
  const [making, setMaking] = useState<Making>({});
  const [asks, setAsks] = useState(false);
  const [used, setUsed] = useState(false);
  const use = () => setUsed(true);
  const send = async (text: string, files: File[], how: Making) => {
    const turn = await begin(text, how, files);
    go("s", [turn.sessionId]);
  };
  return (
    <section class="new" aria-label="A new task" onPointerOver={use} onKeyDown={use}>
      {examples && (
        <ul class="examples" aria-label="Tasks to begin with">
          {EXAMPLES.map((each) => (
            <li key={each.name}>
              <button type="button" onClick={() => void doing(() => send(each.text, [], each.making))}>
                <b>{each.name}</b>
                <span>{each.text}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <Composer
        draft="new"
        label="What shall I do?"
        button="Start"
        autofocus={examples}
        send={(text, files) => send(text, files, { ...making, ...(asks && { approve: ASKS_FIRST }) })}
      >
        <Choices making={making} set={setMaking} used={used} />
        <label class="check" title={`Before it runs a command, or writes: ${ASKS_FIRST.join(", ")}`}>
          <input type="checkbox" checked={asks} onChange={(event) => setAsks(event.currentTarget.checked)} />
          <span>Ask me first</span>
        </label>
      </Composer>
    </section>
  );
}

interface Chosen {
  making: Making;
  set: (making: Making) => void;
  /** Whether somebody is about to give a task: nobody else needs to know which agents there are. */
  used: boolean;
}

/** Which agent and which model: asked only where there is a choice. */
function Choices({ making, set, used }: Chosen) {
  const [agents, setAgents] = useState<records.AgentRecord[]>([]);
  useEffect(() => {
    if (!used) return;
    server()
      .agents.list()
      .nextPage()
      .then(setAgents, () => {});
  }, [used]);
  const models = me()?.models ?? [];
  return (
    <>
      {agents.length > 0 && (
        <select
          aria-label="Agent"
          value={making.agent ?? ""}
          onChange={(event) => set({ ...making, agent: event.currentTarget.value })}
        >
          <option value="">No agent</option>
          {agents.map((agent) => (
            <option key={agent.id} value={agent.id}>
              {agent.name}
            </option>
          ))}
        </select>
      )}
      {models.length > 1 && (
        <select
          aria-label="Model"
          value={making.model ?? ""}
          onChange={(event) => set({ ...making, model: event.currentTarget.value })}
        >
          {models.map((model) => (
            <option key={model.id} value={model.default ? "" : model.id}>
              {model.id}
            </option>
          ))}
        </select>
      )}
    </>
  );
}
