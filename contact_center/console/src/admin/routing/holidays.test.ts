import { expect, test } from "vitest";
import { dateWords, differing, split, without } from "./holidays";

test("days ahead come in order, past ones apart with the newest first", () => {
  const days = { "2027-01-01": [], "2026-01-01": [], "2026-12-31": [], "2025-12-31": [] };
  expect(split(days, "2026-11-27")).toEqual({ ahead: ["2026-12-31", "2027-01-01"], past: ["2026-01-01", "2025-12-31"] });
  expect(Object.keys(without(days, "2026-01-01"))).toHaveLength(3);
});

test("of two calendars only what differs is told", () => {
  const before: Record<string, [string, string][]> = { "2027-01-01": [], "2027-01-02": [["09:00", "12:00"]] };
  expect(differing({ ...before, "2027-01-02": [], "2027-01-07": [] }, before)).toEqual({ "2027-01-02": [], "2027-01-07": [] });
});

test("a day is said with its weekday in any zone, what is none as it stands", () => {
  expect(dateWords("2027-01-01", "en")).toBe("Fri, 1 January 2027");
  expect(dateWords("2027-13-01", "ru")).toBe("2027-13-01");
});
