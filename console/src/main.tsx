/** The console: where the page begins. */
import { render } from "preact";
import { App } from "./app/app.tsx";
import { start } from "./state/server.ts";
import "./state/wishes.ts";

render(<App />, document.getElementById("page") as HTMLElement);
void start();
