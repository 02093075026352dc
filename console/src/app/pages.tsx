/** The pages that there are: in the order in which they are linked. */
import type { ComponentType } from "preact";
import { FilesPage } from "../pages/files/files.tsx";
import { Inbox } from "../pages/inbox/inbox.tsx";
import { OpenedPage } from "../pages/session/opened.tsx";
import { SessionPage } from "../pages/session/session.tsx";
import { Sessions } from "../pages/sessions/sessions.tsx";
import type { IconName } from "../ui/icon.tsx";
import { later } from "../ui/later.tsx";

/** A page: what stands behind `#/`, and how it is linked; one without a name is reached from others. */
export interface Page {
  path: string;
  name?: string;
  icon?: IconName;
  /** Typed behind `g`. */
  letter?: string;
  show: ComponentType;
}

const rest = later(() => import("../pages/rest.ts"));

export const PAGES: Page[] = [
  { path: "", name: "Inbox", icon: "inbox", letter: "i", show: Inbox },
  { path: "sessions", name: "Sessions", icon: "sessions", letter: "s", show: Sessions },
  { path: "s", show: SessionPage },
  { path: "log", show: OpenedPage },
  { path: "files", name: "Files", icon: "files", letter: "f", show: FilesPage },
  { path: "schedules", name: "Schedules", icon: "schedules", letter: "h", show: rest((pages) => pages.Schedules) },
  { path: "agents", name: "Agents", icon: "agents", letter: "a", show: rest((pages) => pages.Agents) },
  { path: "webhooks", name: "Webhooks", icon: "webhooks", letter: "w", show: rest((pages) => pages.Webhooks) },
  { path: "runs", name: "Runs", icon: "runs", letter: "r", show: rest((pages) => pages.Runs) },
  { path: "settings", name: "Settings", icon: "settings", letter: ",", show: rest((pages) => pages.Settings) },
];
