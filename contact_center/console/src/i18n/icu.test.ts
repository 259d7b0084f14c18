import { describe, expect, it } from "vitest";
import { format, parse } from "./icu";

describe("ICU-lite", () => {
  const orders = "{n, plural, =0 {нет заказов} one {# заказ} few {# заказа} many {# заказов} other {# заказа}}";
  it("knows the Russian plural forms", () => {
    const said = [0, 1, 2, 5, 21, 112].map((n) => format(orders, "ru", { n }));
    expect(said).toEqual(["нет заказов", "1 заказ", "2 заказа", "5 заказов", "21 заказ", "112 заказов"]);
  });
  it("puts values inside a plural case", () => {
    const text = "{n, plural, one {# letter to {who}} other {# letters to {who}}} now";
    expect(format(text, "en", { n: 2, who: "Ann" })).toBe("2 letters to Ann now");
  });
  it("selects and falls back to other", () => {
    expect(format("{s, select, a {A} other {?}}", "en", { s: "x" })).toBe("?");
  });
  it("refuses a plural without other", () => {
    expect(() => parse("{n, plural, one {#}}")).toThrow();
  });
});
