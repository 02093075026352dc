/** Links and pictures that strangers wrote: where they lead is judged, and shown. */
import { type ComponentChild, type ComponentChildren, h } from "preact";
import { filePath, type Target, target } from "./addresses.ts";

/** What a text may do besides being read: open a file of the workspace, and show one that is a picture. */
export interface Around {
  openFile?: (path: string) => void;
  picture?: (path: string, alt: string) => ComponentChild;
}

/** A link: where it leads is shown beside what it is called, unless that is the same. */
export function link(
  href: string,
  children: ComponentChildren,
  called: string,
  around: Around,
  raw: string,
): ComponentChild {
  const to = target(href);
  if (!to) return raw;
  if (to.kind === "here") return h("span", { class: "nowhere" }, children);
  if (to.kind === "file") {
    const open = around.openFile;
    return open
      ? h("button", { type: "button", class: "link", onClick: () => open(to.path) }, children)
      : h("span", null, children);
  }
  return h(
    "a",
    { href: to.href, target: "_blank", rel: "noopener noreferrer" },
    children,
    !named(to, called) && h("span", { class: "host" }, ` (${to.host})`),
  );
}

/** Whether a link is called what it leads to. */
function named(to: Target & { kind: "web" }, called: string): boolean {
  const said = called.trim();
  return said === to.href || `${said}/` === to.href || said === to.host || to.href === `mailto:${said}`;
}

/** A picture: of the workspace it is fetched through the API; of another site it is a link, and never fetched. */
export function image(href: string, alt: string, around: Around, raw: string): ComponentChild {
  const path = filePath(href);
  if (path) return around.picture ? around.picture(path, alt) : h("span", null, alt || path);
  const to = target(href);
  if (to?.kind !== "web") return raw;
  return link(href, ["picture: ", alt || to.host], alt, around, raw);
}
