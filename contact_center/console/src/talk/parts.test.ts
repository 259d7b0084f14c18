import { describe, expect, it } from "vitest";
import type { Attachment } from "../api/types";
import { expired } from "./fresh";
import { partsOf, repeats } from "./parts";

const file = (kind: string, more: Partial<Attachment> = {}) => ({ id: kind, kind, state: "stored", about: null, ...more }) as Attachment;
const about = (told: object) => told as Attachment["about"];

describe("the files of a message", () => {
  it("are an album where two or more are to be seen", () => {
    const files = [file("image"), file("file"), file("video"), file("image", { state: "wanted" })];
    expect(partsOf(files).grid.map(({ kind }) => kind)).toEqual(["image", "video"]);
    expect(partsOf(files).rest).toHaveLength(2);
    expect(partsOf(files.slice(0, 2)).grid).toEqual([]);
    expect(partsOf([file("image"), file("video", { about: about({ round: true }) })]).grid).toEqual([]);
  });
  it("make their text superfluous where it only says the same", () => {
    const place = file("location", { about: about({ latitude: 53.9, longitude: 27.5 }) });
    expect(repeats({ text: "Café\n53.9, 27.5", attachments: [place] })).toBe(true);
    expect(repeats({ text: "Here!", attachments: [place] })).toBe(false);
    expect(repeats({ text: "53.9, 27.5", attachments: [place, file("image")] })).toBe(false);
    expect(repeats({ text: "Olga +375291112233", attachments: [file("contact", { about: about({ phone: "+375291112233" }) })] })).toBe(true);
  });
  it("have addresses that are asked for anew before they expire", () => {
    expect(expired("/api/v1/files/1?e=1000&s=x", 980_000)).toBe(false);
    expect(expired("/api/v1/files/1?e=1000&s=x", 990_000)).toBe(true);
    expect(expired("blob:x", 990_000)).toBe(false);
  });
});
