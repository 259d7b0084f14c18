import { describe, expect, it } from "vitest";
import { joinPage, mergeMessages, newerContact } from "./merge";
import type { ContactRow, Message, MessagePage } from "./types";

const message = (seq: number, version = 1, text = ""): Message => ({ seq, version, text }) as Message;
const page = (from: number, to: number, before = true, after = false): MessagePage => ({
  items: Array.from({ length: to - from + 1 }, (_, at) => message(from + at)),
  has_before: before,
  has_after: after,
  version: 1,
});
const seqs = (joined: MessagePage) => joined.items.map((one) => one.seq);

describe("observations are ordered by version", () => {
  it("ignores an older contact", () => {
    const held = { id: "c", version: 5 } as ContactRow;
    expect(newerContact(held, { id: "c", version: 4 } as ContactRow)).toBe(held);
  });
  it("keeps the newer work inside a contact of the same version", () => {
    const held = { version: 5, work: { id: "w", version: 9, state: "active" } } as ContactRow;
    const seen = { version: 5, work: { id: "w", version: 8, state: "offered" } } as ContactRow;
    expect(newerContact(held, seen).work?.state).toBe("active");
  });
  it("keeps the newer text of a message whichever comes last", () => {
    const merged = mergeMessages([message(1, 3, "new")], [message(1, 2, "old"), message(2)]);
    expect(merged.map((one) => one.text)).toEqual(["new", ""]);
  });
});

describe("pages of a thread", () => {
  it("joins older pages in front", () => {
    const joined = joinPage(page(51, 100), page(1, 50, false, true), "before");
    expect([seqs(joined).length, joined.has_before, joined.has_after]).toEqual([100, false, false]);
  });
  it("replaces what is held when the newest page does not touch it", () => {
    expect(seqs(joinPage(page(1, 50), page(200, 210), "tail"))[0]).toBe(200);
  });
  it("appends what touches", () => {
    expect(seqs(joinPage(page(1, 5, false), page(6, 7, true), "after"))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
  it("learns from an empty page that there is no more", () => {
    const empty = { items: [], has_before: false, has_after: false, version: 1 };
    expect(joinPage(page(5, 9), empty, "before").has_before).toBe(false);
  });
  it("gives up what went to another contact, and shows what stands at its place", () => {
    const held = { ...page(1, 7, false), items: [1, 2, 3, 4, 5, 6, 7].map((seq) => ({ ...message(seq, 2), id: `held ${seq}` })) };
    const seen = { ...page(4, 4, true), items: [{ ...message(4), id: "split" }], version: 2 };
    expect(joinPage(held, seen, "after").items.map((one) => one.id)).toEqual(["held 1", "held 2", "held 3", "split"]);
  });
  it("has the end in sight still when its last message is fetched again and another has come", () => {
    expect(joinPage(page(1, 5), page(5, 5, true, true), "after").has_after).toBe(false);
    expect(joinPage(page(1, 5, true, true), page(5, 5, true), "after").has_after).toBe(false);
  });
  it("is as new as the last page that showed its end", () => {
    const older = { ...page(1, 4, false, true), version: 9 };
    expect(joinPage(page(5, 9), older, "before").version).toBe(1);
    expect(joinPage(page(5, 9), { ...page(10, 10), version: 9 }, "after").version).toBe(9);
  });
  it("takes no page that would leave a hole", () => {
    expect(seqs(joinPage(page(60, 70), page(1, 50), "after"))[0]).toBe(60);
  });
  it("keeps what is newer than the end it is told of", () => {
    const held = { ...page(1, 7, false), version: 9 };
    expect(seqs(joinPage(held, { ...page(3, 5), version: 8 }, "after"))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
