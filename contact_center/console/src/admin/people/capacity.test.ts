import { describe, expect, it } from "vitest";
import { fits } from "./capacity";

describe("capacity", () => {
  it("is bounded by the budget and by the ceiling", () => {
    expect(fits(100, undefined, "chat")).toBe(5);
    expect(fits(100, 4, "chat")).toBe(4);
    expect(fits(40, 4, "chat")).toBe(2);
    expect(fits(90, undefined, "voice")).toBe(0);
    expect(fits(100, 0, "mail")).toBe(0);
  });
});
