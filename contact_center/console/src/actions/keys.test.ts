import { describe, expect, it } from "vitest";
import { caps, matches, otherLayout } from "./keys";

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
