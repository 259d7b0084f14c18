import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "../../i18n/icu";
import en from "./en.json";
import ru from "./ru.json";

const folders = ["..", "."].map((name) => fileURLToPath(new URL(name, import.meta.url)));
const sources = folders
  .flatMap((folder) => readdirSync(folder).filter((name) => /(?<!\.test)\.tsx?$/.test(name)).map((name) => readFileSync(join(folder, name), "utf8")))
  .join("\n");
const parameters = (text: string) => [...new Set([...text.matchAll(/\{\s*([a-z_]+)\s*(?=[,}])/g)].map(([, name]) => name))].toSorted();

describe("the texts of explanations", () => {
  it("are there in both languages, with the same parameters", () => {
    expect(Object.keys(ru)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en)) expect([key, parameters(ru[key as keyof typeof ru])]).toEqual([key, parameters(text)]);
  });
  it("can be read, with all plural forms of their language", () => {
    for (const text of [...Object.values(ru), ...Object.values(en)]) expect(() => parse(text)).not.toThrow();
    for (const text of Object.values(ru).filter((one) => one.includes("plural"))) expect(text).toMatch(/one \{.*few \{.*many \{.*other \{/);
  });
  it("are all used", () => {
    const beginnings = [...sources.matchAll(/`([a-z_]+\.(?:[a-z_]+_)?)\$\{/g)].map(([, start]) => start as string);
    expect(Object.keys(en).filter((key) => !sources.includes(`"${key}"`) && !beginnings.some((start) => key.startsWith(start)))).toEqual([]);
  });
});
