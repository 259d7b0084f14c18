import { describe, expect, it } from "vitest";
import type { ProviderInfo, SettingField } from "../../../api/types";
import { askable, isPasted, linked, parted } from "./steps";

const field = (name: string, more: Partial<SettingField> = {}): SettingField => ({
  name, type: "text", options: [], called: {}, secret: false, generated: false, required: false, default: null, label: {}, help: {}, where: {}, example: "", when: {}, pattern: "", min_length: 0, ...more,
});
const token = field("token", { secret: true, required: true, pattern: "^[0-9]+:[a-z]+$" });
const mode = field("mode", { type: "choice", options: ["webhook", "polling"], default: "webhook", where: { ru: "там", en: "there" } });
const key = field("key", { secret: true, generated: true, when: { mode: ["webhook"] } });
const provider = { name: "bot", fields: [token, mode, key] } as unknown as ProviderInfo;
const unset = () => false;

describe("the wizard", () => {
  it("asks at once for what is required or has a place at the provider", () => {
    const names = ({ main, more }: ReturnType<typeof parted>) => [main.map((one) => one.name), more.map((one) => one.name)];
    expect(names(parted(provider.fields, { "settings.mode": "webhook" }))).toEqual([["token", "mode"], ["key"]]);
    expect(names(parted(provider.fields, { "settings.mode": "polling" }))).toEqual([["token", "mode"], []]);
  });
  it("asks the provider only about what is whole and well-formed", () => {
    const values = { "settings.token": "1:abc", "settings.mode": "webhook" };
    expect(askable(provider, values, unset)).toBe('{"token":"1:abc","mode":"webhook"}');
    expect(askable(provider, { ...values, "settings.token": "abc" }, unset)).toBeNull();
    expect(askable(provider, { ...values, "settings.token": undefined }, unset)).toBeNull();
    expect(askable(provider, { ...values, "settings.token": undefined }, () => true)).toBe('{"mode":"webhook"}');
    expect(askable({ ...provider, fields: [mode] }, values, unset)).toBeNull();
  });
  it("tells what is pasted from what is typed", () => {
    expect(isPasted("", "123456:abc")).toBe(true);
    expect(isPasted("123456:abc", "123456:xyz")).toBe(true);
    expect(isPasted("123456:ab", "123456:abc")).toBe(false);
    expect(isPasted("123456:abc", "")).toBe(false);
  });
  it("makes addresses links, without the mark behind them", () => {
    expect(linked("Open https://t.me/BotFather, send /newbot.")).toEqual([{ text: "Open " }, { text: "https://t.me/BotFather", href: "https://t.me/BotFather" }, { text: ", send /newbot." }]);
  });
});
