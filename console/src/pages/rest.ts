/** Pages that are loaded when one of them is first asked for: most who come look at none of them. */
import "../main.tsx"; // all that the first page needs is one file then, also what these pages share with it

export { Agents } from "./agents/agents.tsx";
export { Runs } from "./runs.tsx";
export { Schedules } from "./schedules/schedules.tsx";
export { Settings } from "./settings.tsx";
export { Webhooks } from "./webhooks/webhooks.tsx";
