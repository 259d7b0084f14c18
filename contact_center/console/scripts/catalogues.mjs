/** Do the catalogues agree with each other and with the sources?
 *
 *  Every key of one language exists in the other, with the same parameters; every text parses;
 *  every key the sources name exists; every key is named somewhere. A key put together at run
 *  time (`view.${name}`) counts for all keys with its beginning. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../src", import.meta.url));
const read = (name) => JSON.parse(readFileSync(join(root, "i18n", name), "utf8"));
const ru = read("ru.json");
const en = read("en.json");
const faults = [];

/** The names of the parameters; throws where braces do not match. */
function parameters(text) {
  let depth = 0;
  for (const sign of text) {
    if (sign === "{") depth += 1;
    if (sign === "}") depth -= 1;
    if (depth < 0) throw new Error("a } too many");
  }
  if (depth !== 0) throw new Error("a { too many");
  const names = new Set();
  for (const [, name] of text.matchAll(/\{\s*([a-z_]+)\s*(?=[,}])/g)) names.add(name);
  return [...names].sort().join(",");
}

function forms(text, wanted) {
  for (const [, body] of text.matchAll(/\{\s*[a-z_]+\s*,\s*plural\s*,(.*)\}/gs)) {
    for (const form of wanted) if (!body.includes(`${form} {`)) return form;
  }
  return null;
}

for (const key of new Set([...Object.keys(ru), ...Object.keys(en)])) {
  if (!(key in ru)) faults.push(`ru.json has no ${key}`);
  if (!(key in en)) faults.push(`en.json has no ${key}`);
  if (!(key in ru) || !(key in en)) continue;
  try {
    if (parameters(ru[key]) !== parameters(en[key])) faults.push(`${key}: other parameters in ru than in en`);
  } catch (error) {
    faults.push(`${key}: ${error.message}`);
  }
  const lacking = forms(ru[key], ["one", "few", "many", "other"]) ?? forms(en[key], ["one", "other"]);
  if (lacking) faults.push(`${key}: the plural form "${lacking}" is missing`);
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes(".test.") ? [path] : [];
  });
}

const named = new Set();
const beginnings = new Set();
for (const path of sources(root)) {
  const text = readFileSync(path, "utf8");
  for (const [, key] of text.matchAll(/["'`]([a-z_]+\.[a-z0-9_]+)["'`]/g)) named.add(key);
  for (const [, start] of text.matchAll(/`([a-z_]+\.(?:[a-z_]+_)?)\$\{/g)) beginnings.add(start);
  for (const [, start, end] of text.matchAll(/`([a-z_]+\.)\$\{[^`]*?\}([a-z_]*)`/g)) if (end) beginnings.add(start);
  for (const [, key] of text.matchAll(/\bt\(\s*["']([^"']+)["']/g)) {
    if (!(key in en)) faults.push(`${path.slice(root.length + 1)} names ${key}, which no catalogue has`);
  }
}
for (const key of Object.keys(en)) {
  if (!named.has(key) && ![...beginnings].some((start) => key.startsWith(start))) faults.push(`nobody uses ${key}`);
}

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`catalogues: ${Object.keys(en).length} texts, ${faults.length} faults\n`);
process.exit(faults.length ? 1 : 0);
