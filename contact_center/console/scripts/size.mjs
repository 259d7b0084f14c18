/** What a browser loads before the inbox works, against the budget: 220 kB of JS, 25 kB of CSS
 *  (kB = 1,000 bytes, gzip -9). The first load is the page's script and all it imports, the shell,
 *  and one catalogue (the larger). */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET = { js: 220_000, css: 25_000 };
const root = fileURLToPath(new URL("../../web/static/console", import.meta.url));
const assets = join(root, "assets");
const files = readdirSync(assets);
const packed = (name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length;
const named = (beginning, end) => files.filter((name) => name.startsWith(`${beginning}-`) && name.endsWith(end));

const seen = new Set();
function follow(name) {
  if (seen.has(name)) return;
  seen.add(name);
  if (!name.endsWith(".js")) return;
  const text = readFileSync(join(assets, name), "utf8");
  // Only what is imported at once: `from"./x.js"` and `import"./x.js"`, not `import("./x.js")`.
  for (const [, next] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) follow(next);
}

const index = readFileSync(join(root, "index.html"), "utf8");
for (const [, name] of index.matchAll(/\/assets\/([^"']+\.(?:js|css))/g)) follow(name);
for (const name of [...named("Shell", ".js"), ...named("Shell", ".css")]) follow(name);
// Other parts have catalogues of their own: the one that the first load itself asks for counts.
for (const name of [...seen].filter((one) => one.endsWith(".js"))) {
  for (const [, catalogue] of readFileSync(join(assets, name), "utf8").matchAll(/import\(\s*["'`]\.\/(ru-[^"'`]+\.js)/g)) follow(catalogue);
}

const chunks = [...seen].filter((name) => name.endsWith(".js")).map((name) => name.replace(/-[^-]{8}\.js$/, ""));
for (const name of files) {
  if (name.endsWith(".css") && chunks.some((chunk) => name.startsWith(`${chunk}-`))) seen.add(name);
}
const total = { js: 0, css: 0 };
for (const name of seen) total[name.endsWith(".js") ? "js" : "css"] += packed(name);

if (process.argv.includes("--list")) {
  for (const name of [...seen].sort((a, b) => packed(b) - packed(a))) process.stdout.write(`${packed(name)}  ${name}\n`);
}
let over = false;
for (const kind of ["js", "css"]) {
  const ok = total[kind] <= BUDGET[kind];
  over ||= !ok;
  process.stdout.write(`first load ${kind}: ${total[kind]} of ${BUDGET[kind]} bytes ${ok ? "ok" : "OVER"}\n`);
}
process.exit(over ? 1 : 0);
