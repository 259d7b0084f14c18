// The budget of what a visitor's browser has to load; the build fails above it.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const budget = { "widget.js": 5000, "panel.js": 10000 };
let over = false;
for (const [name, limit] of Object.entries(budget)) {
  const size = gzipSync(readFileSync(`../web/static/widget/${name}`), { level: 9 }).length;
  console.log(`${name} ${size} of ${limit} bytes gzip`);
  over ||= size > limit;
}
process.exit(over ? 1 : 0);
