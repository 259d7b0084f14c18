import { describe, expect, it } from "vitest";
import { entitiesOf, type Marked, pieces } from "./entities";

const marked = (type: string, offset: number, length: number, more = {}) => ({ type, offset, length, ...more });

describe("marked-up text", () => {
  it("is cut at its entities, which are counted in characters", () => {
    expect(pieces("😀 да нет", [marked("bold", 2, 2)])).toEqual(["😀 ", { type: "bold", href: null, language: "", parts: ["да"] }, " нет"]);
  });
  it("may be marked twice, one within the other", () => {
    const [bold] = pieces("abcd", [marked("italic", 1, 2), marked("bold", 0, 4)]) as Marked[];
    expect(bold?.parts.map((part) => (typeof part === "string" ? part : part.type))).toEqual(["a", "italic", "d"]);
  });
  it("loses no character where entities cross", () => {
    const text = (parts: ReturnType<typeof pieces>): string => parts.map((part) => (typeof part === "string" ? part : text(part.parts))).join("");
    expect(text(pieces("abcdefgh", [marked("bold", 0, 4), marked("italic", 2, 5), marked("code", 6, 2)]))).toBe("abcdefgh");
  });
  it("opens addresses, but nothing that runs", () => {
    const href = (type: string, words: string, more = {}) => (pieces(words, [marked(type, 0, words.length, more)])[0] as Marked).href;
    expect(href("url", "example.org/a")).toBe("https://example.org/a");
    expect(href("text_link", "here", { url: "https://example.org" })).toBe("https://example.org");
    expect(href("phone_number", "+375 (29) 111-22-33")).toBe("tel:+375291112233");
    expect(href("text_link", "here", { url: "javascript:alert(1)" })).toBeNull();
    expect(href("url", "javascript:alert(1)")).toBeNull();
  });
  it("is plain where the marks are broken or outside the text", () => {
    expect(pieces("abc", [marked("bold", 2, 9), marked("bold", -1, 2), marked("bold", 1, 0)])).toEqual(["abc"]);
    expect(entitiesOf({ entities: [marked("bold", 0, 1), null, { type: 7 }] })).toHaveLength(1);
    expect(entitiesOf({ entities: "bold" })).toEqual([]);
  });
});
