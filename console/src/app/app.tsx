/** The whole page: who is not in yet signs in, everybody else has the frame around the page that is asked for. */
import { useEffect } from "preact/hooks";
import { Unauthorized } from "../../../clients/typescript/src/index.ts";
import { UnknownPage } from "../pages/unknown.tsx";
import { SignIn } from "../pages/signin.tsx";
import { follow, looked, stay, waiting } from "../state/board.ts";
import { here } from "../state/here.ts";
import { whileSeen } from "../state/seen.ts";
import { access, start } from "../state/server.ts";
import { Sure } from "../ui/ask.tsx";
import { Caught } from "../ui/caught.tsx";
import { Said, say, sentence } from "../ui/said.tsx";
import { Banner } from "./banner.tsx";
import { takeDrops } from "./dropping.ts";
import { listen } from "./keys.ts";
import { Nav } from "./nav.tsx";
import { PAGES } from "./pages.tsx";
import { Help, Palette } from "./palette.tsx";
import { tell } from "./telling.ts";

const STAYED = 20_000;

/** What there is to see. */
export function App() {
  return (
    <>
      <Banner />
      <Caught at="">
        <Inside />
      </Caught>
      <Sure />
      <Said />
    </>
  );
}

function Inside() {
  const { value } = access;
  if (value.state === "key wanted") return <SignIn />;
  if (value.state === "in") return <Frame />;
  if (value.wrong) return <Strange wrong={value.wrong} />;
  return <main class="starting" aria-busy="true" aria-label="Walkaway begins" />;
}

/** What is at this address does not answer as a server of this page does. */
function Strange({ wrong }: { wrong: string }) {
  return (
    <main class="page narrow">
      <h1>Walkaway does not begin</h1>
      <p class="wrong" role="alert">
        {wrong}
      </p>
      <p>
        <button type="button" onClick={start}>
          Try again
        </button>
      </p>
    </main>
  );
}

function Frame() {
  useEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    follow(signal).catch((error: unknown) => {
      if (!signal.aborted && !(error instanceof Unauthorized)) say(sentence(error), true);
    });
    const rest = whileSeen(stay, STAYED);
    addEventListener("pagehide", stay, { signal });
    listen(signal);
    takeDrops(signal);
    return () => {
      rest();
      end.abort();
    };
  }, []);
  useEffect(tell, []);
  const { page, rest } = here.value;
  const Page = PAGES.find((each) => each.path === page)?.show ?? UnknownPage;
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      <Nav />
      <main id="main" tabIndex={-1} data-page={page || "inbox"} aria-busy={!looked.value}>
        <Caught at={[page, ...rest].join("/")}>
          <Page key={page} />
        </Caught>
      </main>
      <Palette />
      <Help />
      <p class="unseen" aria-live="polite">
        {waiting.value.length > 0 && `${waiting.value.length} waiting for you`}
      </p>
    </div>
  );
}

function skip(event: Event): void {
  event.preventDefault(); // the hash is the page
  document.getElementById("main")?.focus();
}
