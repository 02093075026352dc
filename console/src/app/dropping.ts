/** Files that are dropped where nothing takes them: a saved log is opened, and the page is never left for a file. */
import { open } from "../state/opened.ts";
import { doing } from "../ui/said.tsx";

/** Take them until the signal says stop. */
export function takeDrops(signal: AbortSignal): void {
  const over = (event: DragEvent) => event.dataTransfer?.types.includes("Files") && event.preventDefault();
  const drop = (event: DragEvent) => {
    const [file] = event.dataTransfer?.files ?? [];
    if (event.defaultPrevented || !file) return;
    event.preventDefault();
    void doing(() => open(file));
  };
  addEventListener("dragover", over, { signal });
  addEventListener("drop", drop, { signal });
}
