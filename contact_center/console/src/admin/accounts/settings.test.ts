import { describe, expect, it } from "vitest";
import type { SettingField } from "../../api/types";
import { faultOf, linesOf, matters, settingsOf, startOf } from "./settings";

const field = (name: string, more: Partial<SettingField> = {}): SettingField => ({
  name, type: "text", options: [], secret: false, generated: false, required: false, default: null, label: {}, called: {}, help: {}, where: {}, example: "", when: {}, pattern: "", min_length: 0, ...more,
});

describe("a provider's settings", () => {
  it("start with what is kept, then with defaults, and never hold a secret", () => {
    const fields = [field("a"), field("b", { default: "usual" }), field("key", { secret: true }), field("on", { type: "flag" })];
    expect(startOf(fields, { a: "kept", key: "leaked" })).toEqual({ "settings.a": "kept", "settings.b": "usual", "settings.key": undefined, "settings.on": false });
  });
  it("are sent without what was not touched", () => {
    expect(settingsOf({ title: "x", "settings.a": "1", "settings.key": undefined, "settings.old": null })).toEqual({ a: "1", old: null });
  });
  it("are asked for only where they matter", () => {
    const move = field("move_to", { when: { receives: ["imap"], handled: ["move", "copy"] } });
    expect(matters(move, { "settings.receives": "imap", "settings.handled": "move" })).toBe(true);
    expect(matters(move, { "settings.receives": "hook", "settings.handled": "move" })).toBe(false);
    expect(matters(field("address"), {})).toBe(true);
  });
  it("are missing only where nothing is set and nothing is made", () => {
    const secret = field("token", { secret: true, required: true });
    expect(faultOf(secret, undefined, false)).toBe("missing");
    expect(faultOf(secret, undefined, true)).toBeNull();
    expect(faultOf({ ...secret, generated: true }, undefined, false)).toBeNull();
  });
  it("take sites as people paste them", () => {
    const sites = linesOf("https://shop.example/cart?x=1, https://*.shop.example\nhttps://shop.example");
    expect(sites).toEqual(["https://shop.example", "https://*.shop.example"]);
    expect(faultOf(field("allowed_origins", { type: "list" }), sites, false)).toBeNull();
    expect(faultOf(field("allowed_origins", { type: "list" }), ["shop.example"], false)).toBe("origin");
  });
  it("are looked at by the provider's pattern, as they are pasted", () => {
    const token = field("token", { secret: true, required: true, pattern: "^[0-9]{3,20}:[A-Za-z0-9_-]{20,100}$", min_length: 8 });
    expect(faultOf(token, " 123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11 ", false)).toBeNull();
    expect(faultOf(token, "123456 ABC-DEF1234", false)).toBe("pattern");
    expect(faultOf(token, "1234", false)).toBe("short");
    expect(faultOf(field("odd", { pattern: "(?P<name>" }), "anything", false)).toBeNull();
  });
  it("refuse questions that the chat could not ask", () => {
    const questions = field("prechat", { type: "questions" });
    const asked = { name: "order", label: { ru: "Заказ", en: "" }, type: "text", required: false };
    expect(faultOf(questions, [asked], false)).toBeNull();
    expect(faultOf(questions, [{ ...asked, name: "Order no" }], false)).toBe("question_name");
    expect(faultOf(questions, [{ ...asked, label: { ru: " ", en: "" } }], false)).toBe("question_label");
    expect(faultOf(questions, [asked, asked], false)).toBe("question_twice");
  });
});
