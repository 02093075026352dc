/** What is shown where no page is. */
import { to } from "../app/router.ts";

/** A way back. */
export function UnknownPage() {
  return (
    <div class="page narrow">
      <h1>There is no such page</h1>
      <p>
        <a href={to("")}>The inbox</a> is always there.
      </p>
    </div>
  );
}
