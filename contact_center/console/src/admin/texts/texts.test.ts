import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "../../i18n/icu";
import en from "./en.json";
import ru from "./ru.json";

const root = fileURLToPath(new URL("..", import.meta.url));

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? sources(join(folder, entry.name)) : /(?<!\.test)\.tsx?$/.test(entry.name) ? readFileSync(join(folder, entry.name), "utf8") : ""))
    .join("\n");
}

const parameters = (text: string) => [...new Set([...text.matchAll(/\{\s*([a-z_]+)\s*(?=[,}])/g)].map(([, name]) => name))].toSorted();

describe("the administration's texts", () => {
  it("are there in both languages, with the same parameters", () => {
    expect(Object.keys(ru)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en)) expect([key, parameters(ru[key as keyof typeof ru])]).toEqual([key, parameters(text)]);
  });
  it("can be read, with all plural forms of their language", () => {
    for (const text of [...Object.values(ru), ...Object.values(en)]) expect(() => parse(text)).not.toThrow();
    for (const text of Object.values(ru).filter((one) => one.includes("plural"))) expect(text).toMatch(/one \{.*few \{.*many \{.*other \{/);
  });
  it("are all used", () => {
    const text = sources(root);
    const beginnings = [...text.matchAll(/`([a-z_]+\.(?:[a-z_]+_)?)\$\{/g)].map(([, start]) => start as string);
    const ends = [...text.matchAll(/`\$\{[a-z]+\}\.([a-z_]+)`/g)].map(([, end]) => `.${end as string}`);
    const unused = Object.keys(en).filter((key) => !text.includes(`"${key}"`) && !beginnings.some((start) => key.startsWith(start)) && !ends.some((end) => key.endsWith(end)));
    expect(unused).toEqual([]);
  });
});
