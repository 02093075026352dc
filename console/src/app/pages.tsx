/** The pages that there are: in the order in which they are linked. */
import type { ComponentType } from "preact";
import { Inbox } from "../pages/inbox/inbox.tsx";
import { SessionPage } from "../pages/session/session.tsx";
import { Sessions } from "../pages/sessions/sessions.tsx";
import { Settings } from "../pages/settings.tsx";
import type { IconName } from "../ui/icon.tsx";

/** A page: what stands behind `#/`, and how it is linked; one without a name is reached from others. */
export interface Page {
  path: string;
  name?: string;
  icon?: IconName;
  /** Typed behind `g`. */
  letter?: string;
  show: ComponentType;
}

export const PAGES: Page[] = [
  { path: "", name: "Inbox", icon: "inbox", letter: "i", show: Inbox },
  { path: "sessions", name: "Sessions", icon: "sessions", letter: "s", show: Sessions },
  { path: "s", show: SessionPage },
  { path: "settings", name: "Settings", icon: "settings", letter: ",", show: Settings },
];
