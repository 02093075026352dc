// Builds the console into the folder that is named: `node build.mjs FOLDER`. The same bytes on every platform.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { minify } from "terser";
import { PICTURES } from "./src/ui/pictures.ts";

const here = import.meta.dirname;
const into = process.argv[2] ?? join(here, "dist");
/** Packs better than the calls that types are checked by, which name what is inside of a tag. */
const TAGS = { jsx: "react", jsxFactory: "$h", jsxFragmentFactory: "$Fragment" };
const { compilerOptions } = JSON.parse(await readFile(join(here, "tsconfig.json"), "utf8"));
const SHIPPED = ["preact"];

/** Of the client what a page has no use for: it runs no tools of a program's, and waits for no result, but shows logs. */
const programs = {
  name: "programs",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/(happening|waiting)\.ts$/ }, () => ({ path: "programs", namespace: "left out" }));
    const contents = "export const [told, forTheEnd, forTheResult] = [];";
    onLoad({ filter: /./, namespace: "left out" }, () => ({ contents }));
  },
};

/**
 * Has modules begin in this order, as far as those that they need let it: what is alike stands together then.
 *
 * What packs looks back 32 KB, which is a fifth of the first page.
 */
const ordered = (modules) => ({
  name: "ordered",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]main\.tsx$/ }, async ({ path }) => {
      const imports = modules.map((each) => `import ${JSON.stringify(`../${each}`)};\n`);
      return { contents: imports.join("") + (await readFile(path, "utf8")), loader: "tsx" };
    });
  },
});

/** The modules of a part in the order that packs best: those that draw nothing before the others, the small ones first. */
const packing = ({ inputs }) =>
  Object.entries(inputs)
    .filter(([path]) => /^src\/.*\.ts$/.test(path))
    .sort(([a, one], [b, other]) => one.bytesInOutput - other.bytesInOutput || (a < b ? -1 : 1))
    .map(([path]) => path);

/**
 * Bundle, and give the files by name, with which is the first and which the style.
 *
 * Pages that are loaded later need all that the first page needs, so that stands in a part as well, and what would begin
 * the page does nothing but load that part: the page names the part itself.
 */
async function bundled(modules = []) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: { app: "src/main.tsx", style: "src/styles/main.css" },
    outdir: into,
    entryNames: "[name].[hash]",
    chunkNames: "part.[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    write: false,
    format: "esm",
    charset: "utf8",
    legalComments: "none",
    target: ["es2023", "chrome123", "firefox128", "safari17.5"],
    tsconfigRaw: { compilerOptions: { ...compilerOptions, ...TAGS } },
    inject: ["src/ui/jsx.ts"],
    logLevel: "warning",
    plugins: [programs, ordered(modules)],
  });
  const shell = Object.keys(metafile.outputs).find((path) => basename(path).startsWith("app."));
  const [first, ...others] = metafile.outputs[shell].imports.filter(({ kind }) => kind === "import-statement");
  if (others.length || metafile.outputs[shell].bytes > 100) throw new Error("The first page has more than one file");
  if (!modules.length) return bundled(packing(metafile.outputs[first.path]));
  const all = outputFiles.map(({ path, text }) => [basename(path), text]).filter(([name]) => !name.startsWith("app."));
  const [style] = all.find(([name]) => name.startsWith("style."));
  return { first: basename(first.path), style, files: new Map(all) };
}

/** What Preact and those who use it call things, and no server or browser does: named shorter in all parts. */
const WITHIN =
  /^(?:component(?:Will|Did)\w+|shouldComponentUpdate|getDerivedState\w+|getSnapshotBeforeUpdate|getChildContext|contextType|defaultProps|debounceRendering|setState|forceUpdate|props|current|vnode)$/;

/** Read the names between the braces of an import or export: those before `as`, and those behind it. */
const pairs = (list) => list.split(",").map((each) => [...each.split(" as "), each].slice(0, 2));

/** Minify a script; `names` has what was named so far, and what is named now. */
async function small(text, names) {
  const options = {
    module: true,
    compress: { unsafe: true }, // `"" + x` for `String(x)`, and the like: nothing here redefines what is built in
    mangle: { properties: { regex: WITHIN } },
    format: { comments: false },
    nameCache: names,
  };
  return (await minify(text, options)).code;
}

/**
 * Minify scripts once more, which takes 4 % off.
 *
 * What the first one gives has the same name inside of it and in the others, so that no list says two for each.
 */
async function smaller(first, scripts) {
  const names = {};
  const inside = new Map();
  const code = (await small(scripts.get(first), names)).replace(/export\{([^}]*)\};?$/, (_, list) => {
    for (const [name, given] of pairs(list)) inside.set(given, name);
    return `export{${[...inside.values()]}};`;
  });
  const made = new Map([[first, code]]);
  for (const [name, text] of scripts) {
    if (name === first) continue;
    const vars = {};
    const taken = text.replace(RegExp(`import\\{([^}]*)\\}(?=from"./${first}")`), (_, list) => {
      const all = pairs(list).map(([given, here]) => [inside.get(given), here]);
      for (const [theirs, here] of all) vars[`$${here}`] = theirs;
      return `import{${all.map((each) => each.join(" as "))}}`;
    });
    made.set(name, await small(taken, { props: names.props, vars: { props: vars } }));
  }
  return made;
}

/** Make scripts smaller, and name them by what they are then, all together: they name each other. */
async function tightened({ first, style, files }) {
  const scripts = new Map([...files].filter(([name]) => name !== style));
  const made = new Map([[style, files.get(style)], ...(await smaller(first, scripts))]);
  const hash = (name) => createHash("sha256").update([name, ...made.values()].join("\0")).digest("hex").slice(0, 8).toUpperCase();
  const names = new Map([...scripts.keys()].map((name) => [name, `part.${hash(name)}.js`]));
  const named = (text) => [...names].reduce((before, [old, name]) => before.replaceAll(old, name), text);
  return { first: named(first), style, files: [...made].map((file) => file.map(named)) };
}

/** The page: with its files' names, and with all pictures, each by its name. */
async function page(first, style) {
  const pictures = Object.entries(PICTURES).map(([name, path]) => `<path id="icon-${name}" d="${path}"/>`);
  const text = await readFile(join(here, "src/index.html"), "utf8");
  return text.replace("app.js", first).replace("app.css", style).replace("<!-- pictures -->", pictures.join(""));
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
const { first, style, files } = await tightened(await bundled());
for (const [name, text] of files) await writeFile(join(into, name), text);
await writeFile(join(into, "index.html"), await page(first, style));
await writeFile(join(into, "icon.svg"), await readFile(join(here, "src/icon.svg"), "utf8"));
await writeFile(join(into, "licenses.txt"), await licenses());
