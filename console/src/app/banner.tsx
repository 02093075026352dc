/** Says that the server does not answer, and when it is asked again. The page stays as it was. */
import { gone, tryAgain } from "../state/server.ts";
import { now } from "../ui/now.ts";

/** A line above everything, while that is so. */
export function Banner() {
  const away = gone.value;
  const seconds = away ? Math.max(0, Math.ceil(away.next / 1000 - now.value)) : 0;
  return (
    <div class="banner" role="status">
      {away && (
        <p>
          <span>The server does not answer. Nothing is lost: what runs there goes on when it is back.</span>
          <span class="count">{seconds > 0 ? `Next try in ${seconds} s` : "Trying …"}</span>
          <button type="button" onClick={() => void tryAgain()}>
            Try now
          </button>
        </p>
      )}
    </div>
  );
}
