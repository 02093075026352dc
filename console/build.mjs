// Builds the console into the folder that is named: `node build.mjs FOLDER`. The same bytes on every platform.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;
const into = process.argv[2] ?? join(here, "dist");
const SHIPPED = ["preact", "@preact/signals", "@preact/signals-core", "marked"];

/** Of marked the lexer alone: its bundle has what writes HTML as well, and beside it is a map with the sources of both. */
const lexer = {
  name: "lexer",
  async setup({ onResolve, onLoad }) {
    const map = JSON.parse(await readFile(join(here, "node_modules/marked/lib/marked.esm.js.map"), "utf8"));
    const sources = new Map(map.sources.map((path, index) => [basename(path), map.sourcesContent[index]]));
    sources.set("marked", 'export { _Lexer as Lexer } from "./Lexer.ts";');
    onResolve({ filter: /^marked$/ }, () => ({ path: "marked", namespace: "marked" }));
    onResolve({ filter: /^\.\//, namespace: "marked" }, ({ path }) => ({ path: basename(path), namespace: "marked" }));
    onLoad({ filter: /./, namespace: "marked" }, ({ path }) => ({ contents: sources.get(path), loader: "ts" }));
  },
};

/** Of the client what a page has no use for: it runs no tools of a program's, and waits for no result, but shows logs. */
const programs = {
  name: "programs",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/(answering|waiting)\.ts$/ }, () => ({ path: "programs", namespace: "left out" }));
    const contents = "export const [Answering, forTheEnd, others] = [];";
    onLoad({ filter: /./, namespace: "left out" }, () => ({ contents }));
  },
};

/**
 * Bundle, and give the files' names. What is loaded later has a file of its own.
 *
 * Its pages need all that the first page needs, so that stands in a part as well, and what would begin the page does
 * nothing but load that part: the page names the part itself.
 */
async function bundled() {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: { app: "src/main.tsx", style: "src/styles/main.css" },
    outdir: into,
    entryNames: "[name].[hash]",
    chunkNames: "part.[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: "esm",
    charset: "utf8",
    legalComments: "none",
    target: ["es2023", "chrome123", "firefox128", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
    plugins: [lexer, programs],
  });
  const shell = Object.keys(metafile.outputs).find((path) => basename(path).startsWith("app."));
  const [first, ...others] = metafile.outputs[shell].imports.filter(({ kind }) => kind === "import-statement");
  if (others.length || metafile.outputs[shell].bytes > 100) throw new Error("The first page has more than one file");
  await rm(shell);
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  return { first: basename(first.path), style: names.find((name) => name.startsWith("style.")) };
}

async function licenses() {
  const texts = SHIPPED.map(async (name) => {
    const folder = join(here, "node_modules", name);
    const text = await readFile(join(folder, "LICENSE"), "utf8");
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    return `${name} ${about.version} (${about.license})\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join("\n----\n\n");
}

await mkdir(into, { recursive: true });
const { first, style } = await bundled();
const page = await readFile(join(here, "src/index.html"), "utf8");
await writeFile(join(into, "index.html"), page.replace("app.js", first).replace("app.css", style));
await writeFile(join(into, "icon.svg"), await readFile(join(here, "src/icon.svg"), "utf8"));
await writeFile(join(into, "licenses.txt"), await licenses());
