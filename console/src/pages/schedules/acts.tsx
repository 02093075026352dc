/** What can be done with a schedule: fired, paused, changed, fired for times that have passed, and deleted. */
import { useState } from "preact/hooks";
import { go } from "../../state/here.ts";
import * as schedules from "../../state/schedules.ts";
import { Dialog, sure } from "../../ui/ask.tsx";
import { Text } from "../../ui/field.tsx";
import { doing } from "../../ui/said.tsx";

/** The buttons. `again`: asks how it is now. */
export function Acts({ schedule, again }: { schedule: schedules.Schedule; again: () => void }) {
  const [filling, setFilling] = useState(false);
  const { id, status } = schedule;
  const turn = status === "active" ? "paused" : "active";
  const remove = async () => {
    if (!(await sure("Delete this schedule?", "It fires no more. Its sessions and turns stay.", "Delete"))) return;
    if (await doing(() => schedules.remove(id), "Deleted.")) go("schedules");
  };
  return (
    <div class="row">
      {status !== "ended" && (
        <>
          <button
            type="button"
            class="main"
            onClick={() => void doing(() => schedules.run(id), "It was fired.").then(again)}
          >
            Run now
          </button>
          <button type="button" onClick={() => void doing(() => schedules.change(id, { status: turn })).then(again)}>
            {status === "active" ? "Pause" : "Resume"}
          </button>
          <button type="button" onClick={() => go("schedules", [id, "edit"])}>
            Edit
          </button>
          <button type="button" onClick={() => setFilling(true)}>
            Backfill …
          </button>
        </>
      )}
      <button type="button" onClick={remove}>
        Delete …
      </button>
      {filling && <Backfill id={id} done={again} close={() => setFilling(false)} />}
    </div>
  );
}

function Backfill({ id, done, close }: { id: string; done: () => void; close: () => void }) {
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const at = (text: string): number => Math.floor(new Date(text).getTime() / 1000);
  const submit = async (event: Event) => {
    event.preventDefault();
    const fired = await doing(
      () => schedules.backfill(id, at(from), at(until)),
      "They are being fired, one after the other.",
    );
    if (!fired) return;
    done();
    close();
  };
  return (
    <Dialog title="Backfill" onClose={close}>
      <h2>Backfill</h2>
      <p class="dim">Its times between these two fire now, in their order; 100 at most.</p>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <Text label="From" type="datetime-local" value={from} set={setFrom} required />
        <Text label="To" type="datetime-local" value={until} set={setUntil} required />
        <div class="row end">
          <button type="button" onClick={close}>
            Leave it
          </button>
          <button type="submit" class="main">
            Fire them
          </button>
        </div>
      </form>
    </Dialog>
  );
}
