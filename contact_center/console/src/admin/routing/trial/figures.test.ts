import { expect, test } from "vitest";
import { said, unitOf, verdictOf } from "./figures";

test("figures are said with their unit and no more digits than anybody reads", () => {
  expect(said(12.44, "share", "en", "s")).toBe("12.4 %");
  expect(said(1240.4, "seconds", "en", "s")).toBe("1,240 s");
  expect(said(-3.25, "seconds", "ru", "с")).toBe("-3,3 с");
  expect(["mean_wait", "came", "abandoned"].map(unitOf)).toEqual(["seconds", "count", "share"]);
});

test("shorter waits and more in time are better, what chance could have made is neither", () => {
  const by = (mean: number, certain = true) => ({ mean, half: 1, certain });
  expect(verdictOf("mean_wait", by(-5))).toBe("better");
  expect(verdictOf("service_level", by(-5))).toBe("worse");
  expect(verdictOf("service_level", by(5, false))).toBe("same");
  expect(verdictOf("occupancy", by(5))).toBe("other");
});
