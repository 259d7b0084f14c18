import { describe, expect, it } from "vitest";
import { acts, chordFor, given, holderOf, KEYMAP } from "./keymap";
import { allowed, caps, type Chord, chordOf, matches, otherLayout, written } from "./keys";

const press = (code: string, change: Partial<KeyboardEvent> = {}) =>
  ({ code, key: "л", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...change }) as KeyboardEvent;

describe("shortcuts", () => {
  it("go by the physical key, whatever letter it prints", () => {
    expect(matches({ code: "KeyK", mod: true }, press("KeyK", { ctrlKey: true }), null)).toBe(true);
  });
  it("want exactly their modifiers", () => {
    expect(matches({ code: "KeyA", alt: true }, press("KeyA", { altKey: true, ctrlKey: true }), null)).toBe(false);
    expect(matches({ code: "KeyR" }, press("KeyR", { ctrlKey: true }), null)).toBe(false);
  });
  it("know two keys in a row", () => {
    const goInbox = { code: "KeyI", after: "KeyG" };
    expect(matches(goInbox, press("KeyI"), null)).toBe(false);
    expect(matches(goInbox, press("KeyI"), "KeyG")).toBe(true);
    expect(caps(goInbox)).toEqual(["G", "I"]);
  });
  it("undo a slip of the layout both ways", () => {
    expect(otherLayout("bdfyjd")).toBe("иванов");
    expect(otherLayout("сдщыу")).toBe("close");
  });
});

describe("a key", () => {
  const nowhere = { field: false, menu: false, dialog: false, plainKeys: true };
  const does = (id: keyof typeof KEYMAP, around: Partial<typeof nowhere>) => acts(KEYMAP[id], { ...nowhere, ...around });
  it("without Ctrl or Alt acts on the page alone", () => {
    expect(does("close", {})).toBe(true);
    for (const where of ["field", "menu", "dialog"] as const) expect(does("close", { [where]: true })).toBe(false);
    expect(does("close", { plainKeys: false })).toBe(false);
  });
  it("with Ctrl or Alt acts in fields and menus too, and out of a dialog for offers alone", () => {
    expect(does("nth", { field: true, menu: true, plainKeys: false })).toBe(true);
    expect([does("nth", { dialog: true }), does("palette", { dialog: true }), does("accept", { dialog: true })]).toEqual([false, false, true]);
  });
});

describe("own keys", () => {
  it("are kept as text and read again", () => {
    for (const text of ["KeyR", "Ctrl+Alt+KeyA", "Shift+Slash", "KeyG KeyI"]) {
      expect(written(chordOf(text) as Chord)).toBe(text);
    }
    expect(chordOf("no chord at all")).toBeNull();
  });
  it("are not what browsers and writing need", () => {
    expect(allowed({ code: "Escape" })).toBe(false);
    expect(allowed({ code: "KeyT", mod: true })).toBe(false);
    expect(allowed({ code: "KeyG" })).toBe(false);
    expect(allowed({ code: "KeyB", alt: true })).toBe(true);
  });
  it("replace the usual ones, null leaves none", () => {
    expect(chordFor("reply", { reply: "KeyB" })).toEqual({ code: "KeyB" });
    expect(chordFor("reply", { reply: null })).toBeUndefined();
    expect(chordFor("nth-3", { nth: null })).toBeUndefined();
    expect(chordFor("reply", { reply: "??" })).toEqual(KEYMAP.reply.chord);
  });
  it("belong to one action only: who had the key is left without", () => {
    const own = given("reply", { code: "KeyN" }, {});
    expect(own).toEqual({ reply: "KeyN", note: null });
    expect(holderOf({ code: "KeyN" }, own, "note")).toBe("reply");
  });
  it("go back to the usual ones without a trace", () => {
    expect(given("reply", KEYMAP.reply.chord, { reply: "KeyB" })).toEqual({});
  });
});
