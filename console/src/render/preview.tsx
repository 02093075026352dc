/** A file to look at: what is safe to show is shown as what its bytes are, everything else can be downloaded. */
import { useState } from "preact/hooks";
import { download, last } from "../state/files.ts";
import { Clipped } from "../ui/clipped.tsx";
import { doing } from "../ui/said.tsx";
import { count, size } from "../ui/words.ts";
import { type Fetched, POINTS, useFile, WHOLE } from "./fetched.ts";
import { JsonTree } from "./json.tsx";
import { claimed, isWhole, points } from "./kinds.ts";
import { Markdown } from "./markdown.tsx";
import { Table } from "./table.tsx";

/** What acts in a drawing, where something lets it. */
const ACTS = /<script|\bon[a-z]+\s*=|<foreignObject/i;

interface Shown {
  session: string;
  path: string;
}

/** One file of a session's workspace. `version`: grows when there is another one at its path. */
export function Preview({ session, path, version = 0 }: Shown & { version?: number }) {
  const file = useFile(session, path, version);
  if (file === undefined) return <p class="calm">Fetching …</p>;
  if (typeof file === "string") return <p class="wrong">{file}</p>;
  const said = remark(file, path);
  return (
    <div class={`preview ${file.known.kind}`} data-kind={file.known.kind}>
      {said && <p class="dim">{said}</p>}
      <Inside key={file.url} file={file} session={session} path={path} />
    </div>
  );
}

/** What is to be known before one looks; else nothing. */
function remark({ head, size: all, known }: Fetched, path: string): string {
  const name = claimed(path, known.kind);
  if (name) return `This is no ${name}, whatever it is called.`;
  if (all === 0) return "It is empty.";
  if (known.kind === "drawing" && ACTS.test(new TextDecoder().decode(head)))
    return "There are scripts in this drawing, which do not run here.";
  return all > head.length && !isWhole(known) && known.kind !== "bytes" ? `The first ${size(head.length)} of ${size(all)}` : "";
}

function Inside({ file, session, path }: Shown & { file: Fetched }) {
  const { head, known, url } = file;
  const [broken, setBroken] = useState(false);
  const instead = (why: string) => (
    <p class="calm">
      {why}{" "}
      <button type="button" onClick={() => void doing(() => download(session, path))}>
        Download
      </button>
    </p>
  );
  if (known.kind === "bytes") return instead(`${size(file.size)} that are no text and no picture.`);
  if (isWhole(known) && !url && file.size > WHOLE)
    return instead(`It has ${size(file.size)}; up to ${size(WHOLE)} are shown here.`);
  if (isWhole(known) && !url)
    return instead(`It has ${count(points(head))} points; up to ${count(POINTS)} are shown here.`);
  if (broken) return instead("No browser can draw this.");
  const name = last(path);
  if (known.kind === "pdf") return <iframe src={url} title={name} />;
  if (isWhole(known)) return <img src={url} alt={name} onError={() => setBroken(true)} />;
  const text = new TextDecoder().decode(head, { stream: true }); // its last character may be cut
  return <Text kind={known.kind} text={text} times={file.size / head.length} session={session} />;
}

function Text({ kind, text, times, session }: { kind: string; text: string; times: number; session: string }) {
  if (kind === "markdown") return <Clipped text={text} draw={(shown) => <Markdown text={shown} session={session} />} />;
  if (kind === "table") return <Table text={text} times={times} />;
  if (kind === "json") {
    try {
      return <JsonTree value={JSON.parse(text)} />;
    } catch {
      // cut, or none: its text says what it is
    }
  }
  return <Clipped text={text} />;
}
