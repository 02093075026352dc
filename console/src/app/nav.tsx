/** The way to all pages, who one is, and light or dark. */
import { useEffect, useRef, useState } from "preact/hooks";
import { waiting } from "../state/board.ts";
import { here } from "../state/here.ts";
import { me } from "../state/server.ts";
import { theme, THEMES } from "../state/wishes.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { type Page, PAGES } from "./pages.tsx";
import { to } from "./router.ts";

const PICTURE: Record<string, IconName> = { system: "half", light: "sun", dark: "moon" };

const LINKED = PAGES.filter((page) => page.name);
/** So many stand in the row of a narrow window; the others are behind "More" there. */
const FIRST = 4;

/** The list of pages. A session is shown as one of the sessions. */
export function Nav() {
  const current = ["s", "log"].includes(here.value.page) ? "sessions" : here.value.page;
  const rest = LINKED.slice(FIRST);
  return (
    <nav class="pages" aria-label="Pages">
      <a class="name" href={to("")} tabIndex={-1} aria-hidden="true">
        <svg width="26" height="26" viewBox="0 0 32 32">
          <rect width="32" height="32" rx="8" />
          <path d="M7 21c3.5 0 3.5-10 7-10s3.5 10 7 10 3-4 4.5-7" />
          <circle cx="25.5" cy="11" r="2.2" />
        </svg>
        Walkaway
      </a>
      <Links pages={LINKED.slice(0, FIRST)} current={current} />
      <Rest pages={rest} current={current} />
      <Foot />
    </nav>
  );
}

interface Linked {
  pages: Page[];
  current: string;
}

function Links({ pages, current }: Linked) {
  return (
    <ul>
      {pages.map((page) => (
        <li key={page.path}>
          <a href={to(page.path)} aria-current={page.path === current ? "page" : undefined}>
            {page.icon && <Icon name={page.icon} />}
            <span>{page.name}</span>
            {page.path === "" && waiting.value.length > 0 && (
              <span class="badge" title="waiting for you">
                {waiting.value.length}
              </span>
            )}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** The other pages: below the first in a wide window, and in a narrow one behind a button, until one goes elsewhere. */
function Rest({ pages, current }: Linked) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => setOpen(false), [here.value]);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => box.current?.contains(event.target as Node) || setOpen(false);
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  return (
    <div class="rest" ref={box} onKeyDown={(event) => event.key === "Escape" && setOpen(false)}>
      <button
        type="button"
        class="bare"
        aria-expanded={open}
        data-current={pages.some((page) => page.path === current)}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
        More
      </button>
      <div class="others" data-open={open}>
        <Links pages={pages} current={current} />
      </div>
    </div>
  );
}

function Foot() {
  const turn = () => (theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system");
  const { models, tenant = "" } = me() ?? {};
  const model = models?.find((each) => each.default)?.id;
  return (
    <div class="foot">
      <span class="who" title={`Model ${model}, tenant ${tenant}`}>
        {model} · {tenant}
      </span>
      <button
        type="button"
        class="bare"
        onClick={turn}
        title={`Theme: ${theme.value}`}
        aria-label={`Theme: ${theme.value}`}
      >
        <Icon name={PICTURE[theme.value] ?? "half"} />
      </button>
    </div>
  );
}
