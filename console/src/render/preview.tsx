/** A file to look at: what is safe to show is shown as what its bytes are, everything else can be downloaded. */
import { download } from "../state/files.ts";
import { Clipped } from "../ui/clipped.tsx";
import { doing } from "../ui/said.tsx";
import { many, size } from "../ui/words.ts";
import { type Fetched, useFile } from "./fetched.ts";
import { JsonTree } from "./json.tsx";
import { rows, TEXT } from "./kinds.ts";
import { Markdown } from "./markdown.tsx";

const ROWS = 5000;

/** One file of a session's workspace. */
export function Preview({ session, path }: { session: string; path: string }) {
  const file = useFile(session, path);
  if (file === undefined) return <p class="calm">Fetching …</p>;
  if (typeof file === "string") return <p class="wrong">{file}</p>;
  return (
    <div class={`preview ${file.known.kind}`} data-kind={file.known.kind}>
      <Inside file={file} session={session} path={path} />
    </div>
  );
}

function Inside({ file, session, path }: { file: Fetched; session: string; path: string }) {
  const { bytes, known, url } = file;
  const name = path.split("/").at(-1) ?? path;
  if (known.kind === "picture" || known.kind === "drawing") return <img src={url} alt={name} />;
  if (known.kind === "pdf") return <iframe src={url} title={name} />;
  if (known.kind === "bytes")
    return (
      <p class="calm">
        {size(bytes.length)} that are no text and no picture.{" "}
        <button type="button" onClick={() => void doing(() => download(session, path))}>
          Download
        </button>
      </p>
    );
  const text = new TextDecoder().decode(bytes.subarray(0, TEXT));
  return (
    <>
      {bytes.length > TEXT && (
        <p class="dim">
          The first {size(TEXT)} of {size(bytes.length)}
        </p>
      )}
      <Text kind={known.kind} text={text} session={session} />
    </>
  );
}

function Text({ kind, text, session }: { kind: string; text: string; session: string }) {
  if (kind === "markdown") return <Clipped text={text} draw={(shown) => <Markdown text={shown} session={session} />} />;
  if (kind === "table") return <Table text={text} />;
  if (kind === "json") {
    try {
      return <JsonTree value={JSON.parse(text)} />;
    } catch {
      // cut, or none: its text says what it is
    }
  }
  return <Clipped text={text} draw={(shown) => <pre tabIndex={0}>{shown}</pre>} />;
}

function Table({ text }: { text: string }) {
  const [head = [], ...body] = rows(text, ROWS + 1);
  return (
    <>
      <p class="dim">
        {many(body.length, "row")}
        {body.length === ROWS && ", of which there may be more"}
      </p>
      <div class="wide" tabIndex={0} role="group" aria-label="Table">
        <table>
          <thead>
            <tr>
              {head.map((cell, index) => (
                <th key={index}>{cell}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((row, index) => (
              <tr key={index}>
                {row.map((cell, place) => (
                  <td key={place}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
