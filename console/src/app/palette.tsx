/** The palette: any page, any session, any deed, by some letters of its name; and the list of keys. */
import { useState } from "preact/hooks";
import { sessions } from "../state/board.ts";
import { go } from "../state/here.ts";
import { isKeyed, signOut } from "../state/server.ts";
import { theme, THEMES } from "../state/wishes.ts";
import { Dialog } from "../ui/ask.tsx";
import { Act } from "../ui/act.tsx";
import { help, palette } from "./keys.ts";
import { PAGES } from "./pages.tsx";

interface Deed {
  name: string;
  about: string;
  act: () => void;
}

const MOST = 12;

function deeds(): Deed[] {
  const pages: Deed[] = PAGES.filter((page) => page.name).map((page) => ({
    name: page.name ?? "",
    about: "page",
    act: () => go(page.path),
  }));
  const newest = [...sessions.value.values()].sort((a, b) => b.last_activity - a.last_activity);
  const own = newest.map((each) => ({ name: each.title || each.id, about: "session", act: () => go("s", [each.id]) }));
  const themes = THEMES.map((each) => ({
    name: `Theme: ${each}`,
    about: "look",
    act: () => void (theme.value = each),
  }));
  const more: Deed[] = [{ name: "Keys", about: "help", act: () => void (help.value = true) }];
  if (isKeyed()) more.push({ name: "Sign out", about: "this device", act: signOut });
  return [...pages, ...own, ...themes, ...more];
}

/** Whether all letters stand in a name, in their order; the closer together, the smaller the number. */
function distance(name: string, letters: string): number {
  const [text, wanted] = [name.toLowerCase(), letters.toLowerCase().trim()];
  if (text.includes(wanted)) return text.indexOf(wanted);
  let [at, gaps] = [-1, 100];
  for (const letter of wanted) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return Infinity;
    gaps += next - at;
    at = next;
  }
  return gaps;
}

function fitting(asked: string): Deed[] {
  return deeds()
    .map((deed) => ({ deed, far: asked ? distance(deed.name, asked) : 0 }))
    .filter(({ far }) => far < Infinity)
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ deed }) => deed);
}

/** The palette, when it is asked for. */
export function Palette() {
  return palette.value ? <Open /> : null;
}

function Open() {
  const [asked, setAsked] = useState("");
  const [chosen, choose] = useState(0);
  const close = () => void (palette.value = false);
  const found = fitting(asked);
  const act = (deed?: Deed) => {
    close();
    deed?.act();
  };
  const keys = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      choose((chosen + by + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      const typed = (event.currentTarget as HTMLInputElement).value; // which may not be shown yet
      act(typed === asked ? found[chosen] : fitting(typed)[0]);
    }
  };
  return (
    <Dialog title="Go to, or do" onClose={close}>
      <input
        class="find"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="deeds"
        aria-activedescendant={found.length ? `deed-${chosen}` : undefined}
        aria-label="Go to, or do"
        placeholder="Go to a page or session, or do something …"
        value={asked}
        onInput={(event) => {
          setAsked(event.currentTarget.value);
          choose(0);
        }}
        onKeyDown={keys}
      />
      <ul id="deeds" class="deeds" role="listbox" aria-label="What there is">
        {found.map((deed, index) => (
          <li
            key={`${deed.about} ${deed.name} ${index}`}
            id={`deed-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => act(deed)}
          >
            <span>{deed.name}</span>
            <span class="dim">{deed.about}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="dim">Nothing is called so.</p>}
    </Dialog>
  );
}

const KEYS: [string, string][] = [
  ["?", "this list"],
  ["Ctrl K", "go to any page or session, or do something"],
  ...PAGES.filter((page) => page.letter).map((page): [string, string] => [`g ${page.letter}`, page.name ?? ""]),
  ["c", "write a new task"],
  ["/", "filter"],
  ["j  k  Enter", "down, up, open"],
  ["Ctrl Enter", "send"],
  ["w", "the next question that waits for you"],
  ["a  d", "approve (or answer), deny the question that has the focus"],
  ["x", "cancel the turn (asks)"],
  ["[  ]", "the turn before, the next one"],
  ["r", "say more to a session"],
  ["f  e", "files, events of a session"],
  ["Esc", "close, or leave a field"],
];

/** The list of keys, when it is asked for. */
export function Help() {
  if (!help.value) return null;
  const close = () => void (help.value = false);
  return (
    <Dialog title="Keys" onClose={close} wide>
      <div class="row tight">
        <h2>Keys</h2>
        <span class="fill" />
        <Act icon="cross" label="Close" title="Close (Esc)" act={close} />
      </div>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split("  ").map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
