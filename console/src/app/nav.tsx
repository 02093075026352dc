/** The way to all pages, who one is, and light or dark. */
import { waiting } from "../state/board.ts";
import { here } from "../state/here.ts";
import { access } from "../state/server.ts";
import { theme, THEMES } from "../state/wishes.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { PAGES } from "./pages.tsx";
import { to } from "./router.ts";

const PICTURE: Record<string, IconName> = { system: "half", light: "sun", dark: "moon" };

/** The list of pages. A session is shown as one of the sessions. */
export function Nav() {
  const current = here.value.page === "s" ? "sessions" : here.value.page;
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
      <ul>
        {PAGES.filter((page) => page.name).map((page) => (
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
      <Foot />
    </nav>
  );
}

function Foot() {
  const { value } = access;
  const turn = () => (theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system");
  const model = value.state === "in" ? value.me.models.find((each) => each.default)?.id : "";
  const tenant = value.state === "in" ? value.me.tenant : "";
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
