import { describe, expect, it } from "vitest";
import cases from "./segments.cases.json";
import { count } from "./segments";

describe("the counter of segments", () => {
  it.each(cases)("agrees with the server on $encoding $units", ({ text, forced_by: forced, ...wanted }) => {
    const whole = text.map(([part, times]) => String(part).repeat(Number(times))).join("");
    expect(count(whole)).toEqual({ ...wanted, forced });
  });
});
