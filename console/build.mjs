// Builds the console into the folder that is named: `node build.mjs FOLDER`. The same bytes on every platform.
import { mkdir, readFile, writeFile } from "node:fs/promises";
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

/** Bundle, and give the files' names. What is loaded later has a file of its own. */
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
  return Object.keys(metafile.outputs).map((path) => basename(path));
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
const names = await bundled();
const named = (begin) => names.find((name) => name.startsWith(begin));
const page = await readFile(join(here, "src/index.html"), "utf8");
await writeFile(join(into, "index.html"), page.replace("app.js", named("app.")).replace("app.css", named("style.")));
await writeFile(join(into, "icon.svg"), await readFile(join(here, "src/icon.svg"), "utf8"));
await writeFile(join(into, "licenses.txt"), await licenses());
