import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Drafts, type Kept } from "./drafts";

function desk(answers: boolean[] = []) {
  const saved: [string, string, string, boolean][] = [];
  const cells = new Map<string, string>();
  const storage = {
    getItem: (key: string) => cells.get(key) ?? null,
    setItem: (key: string, value: string) => void cells.set(key, value),
    removeItem: (key: string) => void cells.delete(key),
  };
  const save = async (contact: string, kind: string, draft: Kept, leaving: boolean) => {
    if (answers.shift() === false) throw new Error("away");
    saved.push([contact, kind, draft.text, leaving]);
  };
  return { drafts: new Drafts(save, storage), saved, cells, again: () => new Drafts(save, storage) };
}

describe("drafts", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are saved within two seconds, once for many keys", async () => {
    const { drafts, saved } = desk();
    drafts.write("c1", "reply", { text: "H" });
    await vi.advanceTimersByTimeAsync(1500);
    drafts.write("c1", "reply", { text: "Hello" });
    await vi.advanceTimersByTimeAsync(500);
    expect(saved).toEqual([["c1", "reply", "Hello", false]]);
  });

  it("never mix contacts or kinds", () => {
    const { drafts } = desk();
    drafts.write("c1", "reply", { text: "to one" });
    drafts.write("c2", "reply", { text: "to two" });
    drafts.write("c1", "note", { text: "inside" });
    const texts = [drafts.read("c1", "reply").text, drafts.read("c2", "reply").text, drafts.read("c1", "note").text];
    expect(texts).toEqual(["to one", "to two", "inside"]);
  });

  it("survive a reload while the server is away, and are saved later", async () => {
    const { drafts, saved, again } = desk([false]);
    drafts.write("c1", "reply", { text: "kept" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(saved).toEqual([]);
    const reloaded = again();
    expect(reloaded.read("c1", "reply").text).toBe("kept");
    await vi.advanceTimersByTimeAsync(10);
    expect(saved[0]?.[2]).toBe("kept");
  });

  it("are not overwritten by an answer older than what was typed", async () => {
    const { drafts } = desk();
    drafts.write("c1", "reply", { text: "typed" });
    drafts.adopt("c1", "reply", { text: "old", attachments: [] });
    expect(drafts.read("c1", "reply").text).toBe("typed");
    await vi.advanceTimersByTimeAsync(2500);
    drafts.adopt("c1", "reply", { text: "old", attachments: [] });
    expect(drafts.read("c1", "reply").text).toBe("typed");
  });

  it("come from the server where nothing was typed here", () => {
    const { drafts } = desk();
    drafts.adopt("c1", "reply", { text: "from my phone", attachments: [] });
    expect(drafts.read("c1", "reply").text).toBe("from my phone");
  });

  it("are saved on leave", () => {
    const { drafts, saved } = desk();
    drafts.write("c1", "note", { text: "bye" });
    drafts.flush(true);
    expect(saved).toEqual([["c1", "note", "bye", true]]);
  });
});
