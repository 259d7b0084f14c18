import { describe, expect, it } from "vitest";
import { moved, sendable, unfinished } from "./buttons";
import { kindOf, refused } from "./carried";

describe("what a connection carries", () => {
  it("is told by kind and size", () => {
    const carries = { image: 10, file: 20 };
    expect(refused({ kind: "image", size: 10 }, carries)).toBeNull();
    expect(refused({ kind: "image", size: 11 }, carries)).toBe("size");
    expect(refused({ kind: "video", size: 1 }, carries)).toBe("kind");
    expect(refused({ kind: "image", size: 1 }, {})).toBe("kind");
  });
  it("takes a drawing that could run something for a file", () => {
    expect(["image/png", "image/svg+xml", "video/mp4", "audio/ogg", "text/plain", ""].map(kindOf)).toEqual(["image", "file", "video", "audio", "file", "file"]);
  });
});

describe("buttons", () => {
  it("are finished with words and, where they open something, an address", () => {
    expect([{ text: " " }, { text: "Yes", url: "" }, { text: "Yes", url: "ftp://a" }].every(unfinished)).toBe(true);
    expect([{ text: "Yes" }, { text: "Yes", url: "https://example.org" }].some(unfinished)).toBe(false);
  });
  it("come back with their words, or their number where these are too long", () => {
    const long = "я".repeat(40);
    expect(sendable([{ text: " Да " }, { text: long }, { text: "No", value: "n" }, { text: "Open", value: "x", url: "https://a.b " }])).toEqual([
      { text: "Да", value: "Да" },
      { text: long, value: "2" },
      { text: "No", value: "n" },
      { text: "Open", value: "", url: "https://a.b" },
    ]);
  });
  it("change places", () => {
    const [a, b, c] = [{ text: "a" }, { text: "b" }, { text: "c" }];
    expect(moved([a, b, c], 2, -1)).toEqual([a, c, b]);
    expect(moved([a, b, c], 0, 1)).toEqual([b, a, c]);
  });
});
