/** Do the catalogues agree with each other and with the sources that use them? */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "./icu";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where each catalogue stands, and the folders whose sources use it. The first page's is used everywhere. */
const catalogues: [folder: string, users: string[]][] = [
  ["i18n", ["."]],
  ["admin/texts", ["admin"]],
  ["letters/texts", ["letters", "inbox"]],
  ["parking/texts", ["parking"]],
  ["routing/texts", ["routing"]],
  ["talk/texts", ["talk", "clients"]],
];

function sources(folder: string): string {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? sources(join(folder, entry.name)) : /(?<!\.test)\.tsx?$/.test(entry.name) ? readFileSync(join(root, folder, entry.name), "utf8") : ""))
    .join("\n");
}

const read = (folder: string, locale: string): Record<string, string> => JSON.parse(readFileSync(join(root, folder, `${locale}.json`), "utf8")) as Record<string, string>;
const parameters = (text: string) => [...new Set([...text.matchAll(/\{\s*([a-z_]+)\s*(?=[,}])/g)].map(([, name]) => name))].toSorted();

type Form = ReturnType<typeof parse>[number];

describe.each(catalogues)("the texts in %s", (folder, users) => {
  const en = read(folder, "en");
  const ru = read(folder, "ru");

  it("are there in both languages, in one order, with the same parameters", () => {
    expect(Object.keys(ru)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en)) expect([key, parameters(ru[key] as string)]).toEqual([key, parameters(text)]);
  });
  it("can be read, with all plural forms of their language", () => {
    for (const text of [...Object.values(ru), ...Object.values(en)]) expect(() => parse(text), text).not.toThrow();
    for (const text of Object.values(ru).filter((one) => one.includes("plural"))) expect(text).toMatch(/one \{.*few \{.*many \{.*other \{/s);
  });
  it("name the number for 21 where they name it for 20", () => {
    const numbered = (found: readonly Form[] | undefined) => found?.some((one) => typeof one === "string" && one.includes("#"));
    for (const [key, text] of Object.entries(ru)) {
      for (const one of parse(text)) if (typeof one !== "string" && one.kind === "plural" && numbered(one.cases.many)) expect([key, numbered(one.cases.one)]).toEqual([key, true]);
    }
  });
  it("are all used", () => {
    const text = users.map(sources).join("\n");
    // A key may be put together at run time: by its beginning, `view.${name}`, or by its end, `${name}.title`.
    const beginnings = [...text.matchAll(/`((?:[a-z_]+\.)+(?:[a-z_]+_)?)\$\{/g)].map(([, start]) => start as string);
    const ends = [...text.matchAll(/`\$\{[a-z]+\}\.([a-z_]+)`/g)].map(([, end]) => `.${end as string}`);
    const used = (key: string) => text.includes(`"${key}"`) || beginnings.some((start) => key.startsWith(start)) || ends.some((end) => key.endsWith(end));
    expect(Object.keys(en).filter((key) => !used(key))).toEqual([]);
  });
});
