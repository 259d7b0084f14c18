import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../api/http";
import { storage } from "./cells.fake";
import { Drafts, type Kept } from "./drafts";

const away = () => new Problem(503, {});
const theirs = (text: string, at: number) => ({ text, attachments: [], changed_at: new Date(at).toISOString() });

function desk(answers: (Problem | null)[] = []) {
  const saved: [string, string, string, boolean][] = [];
  const { cells, held, fill } = storage();
  const save = async (contact: string, kind: string, draft: Kept, leaving: boolean) => {
    const failure = answers.shift();
    if (failure) throw failure;
    saved.push([contact, kind, draft.text, leaving]);
  };
  const page = (employee = "me") => {
    const drafts = new Drafts(save, cells);
    drafts.open(employee);
    return drafts;
  };
  const texts = () => saved.map(([, , text]) => text);
  return { drafts: page(), saved, texts, held, fill, page };
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

  it("of a page of before an update are taken up by who works here, and nothing of them stays behind", () => {
    const { held, page } = desk();
    held.set("cc.draft.c1|reply", JSON.stringify({ text: "Old words", dirty: true, changedAt: Date.now() }));
    expect(page().read("c1", "reply").text).toBe("Old words");
    expect([...held.keys()]).toEqual(["cc.draft.me.c1|reply"]);
  });

  it("are tried again after a fault of the service or another sign-in, and not after a refusal", async () => {
    const { drafts, saved } = desk([new Problem(500, {}), new Problem(403, { code: "csrf" }), new Problem(422, {})]);
    drafts.write("c1", "note", { text: "Words" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([drafts.read("c1", "note").refused, saved]).toEqual([true, []]);
    drafts.write("c1", "note", { text: "Other words" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(saved).toEqual([["c1", "note", "Other words", false]]);
  });

  it("never mix contacts or kinds", () => {
    const { drafts } = desk();
    drafts.write("c1", "reply", { text: "to one" });
    drafts.write("c2", "reply", { text: "to two" });
    drafts.write("c1", "note", { text: "inside" });
    const texts = [drafts.read("c1", "reply").text, drafts.read("c2", "reply").text, drafts.read("c1", "note").text];
    expect(texts).toEqual(["to one", "to two", "inside"]);
  });

  it("survive a reload while the server is away, and are saved when it is known what it holds", async () => {
    const { drafts, texts, page, held } = desk([away()]);
    drafts.write("c1", "reply", { text: "kept" });
    await vi.advanceTimersByTimeAsync(2000);
    drafts.close();
    const reloaded = page();
    expect(reloaded.read("c1", "reply").text).toBe("kept");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(texts()).toEqual([]);
    reloaded.adopt("c1", "reply", null);
    await vi.advanceTimersByTimeAsync(10);
    expect(texts()).toEqual(["kept"]);
    expect(held.size).toBe(0);
  });

  it("found here give way to what was written elsewhere later, and overwrite nothing", async () => {
    const { drafts, texts, page, held } = desk([away()]);
    drafts.write("c1", "reply", { text: "stranded here" });
    drafts.close();
    const later = page();
    later.adopt("c1", "reply", theirs("written at home", Date.now() + 60_000));
    expect([later.read("c1", "reply").text, held.size]).toEqual(["written at home", 0]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(texts()).toEqual([]);
  });

  it("found here go on from what the server was given of them, whatever its clock says", async () => {
    const { drafts, texts, page } = desk();
    drafts.write("c1", "reply", { text: "as far as here" });
    await vi.advanceTimersByTimeAsync(2000);
    drafts.write("c1", "reply", { text: "as far as here, and on" });
    drafts.close();
    const later = page();
    later.adopt("c1", "reply", theirs("as far as here", Date.now() + 60_000));
    await vi.advanceTimersByTimeAsync(10);
    expect(texts()).toEqual(["as far as here", "as far as here, and on"]);
  });

  it("are not overwritten by an answer older than what was typed", () => {
    const { drafts } = desk();
    drafts.write("c1", "reply", { text: "typed" });
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
    void drafts.flush(true);
    expect(saved).toEqual([["c1", "note", "bye", true]]);
  });

  it("are saved one after another, the newest last", async () => {
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const drafts = new Drafts((_contact, _kind, { text }) => new Promise((done) => (begun.push(text), ends.push(done))), storage().cells);
    drafts.open("me");
    drafts.write("c1", "reply", { text: "older" });
    void drafts.flush(); // the window lost the focus
    drafts.write("c1", "reply", { text: "newer" });
    const all = drafts.flush();
    await vi.advanceTimersByTimeAsync(3000);
    expect(begun).toEqual(["older"]);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(10);
    expect(begun).toEqual(["older", "newer"]);
    ends[1]?.();
    await all;
    expect(drafts.read("c1", "reply").dirty).toBe(false);
  });

  it("that are refused are not sent again as they are, and are there when they are changed", async () => {
    const { drafts, texts, held } = desk([new Problem(422, {})]);
    drafts.write("c1", "note", { text: "far too long" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([texts(), drafts.read("c1", "note").refused, held.size]).toEqual([[], true, 1]);
    drafts.write("c1", "note", { text: "short" });
    await vi.advanceTimersByTimeAsync(2000);
    expect([texts(), drafts.read("c1", "note").refused, held.size]).toEqual([["short"], false, 0]);
  });

  it("can be typed though the browser's storage is full", async () => {
    const { drafts, texts, fill } = desk();
    fill();
    drafts.write("c1", "reply", { text: "typed" });
    expect(drafts.read("c1", "reply").text).toBe("typed");
    await vi.advanceTimersByTimeAsync(2000);
    expect(texts()).toEqual(["typed"]);
  });

  it("of one employee are nobody else's at that page, and his own again when he is back", async () => {
    const { drafts, texts, saved, page } = desk();
    drafts.write("c1", "note", { text: "the client is difficult" });
    drafts.close(); // the session has ended
    await vi.advanceTimersByTimeAsync(60_000);
    drafts.open("kate");
    await drafts.flush();
    expect([drafts.read("c1", "note").text, page("kate").read("c1", "note").text, texts()]).toEqual(["", "", []]);
    drafts.close();
    drafts.open("me");
    expect(drafts.read("c1", "note").text).toBe("the client is difficult");
    drafts.adopt("c1", "note", null);
    await drafts.flush();
    expect(saved).toEqual([["c1", "note", "the client is difficult", false]]);
  });

  it("are his own again in the same page, even if the browser's storage is full", async () => {
    const { drafts, texts, fill } = desk();
    fill();
    drafts.write("c1", "reply", { text: "half a sentence" });
    drafts.close();
    drafts.open("me");
    drafts.adopt("c1", "reply", null);
    await drafts.flush();
    expect(texts()).toEqual(["half a sentence"]);
  });

  it("that nobody came back to for a month are forgotten", async () => {
    const { drafts, page, held } = desk();
    drafts.write("gone", "note", { text: "old" });
    drafts.close();
    await vi.advanceTimersByTimeAsync(31 * 24 * 3_600_000);
    page();
    expect(held.size).toBe(0);
  });
});
