import { expect, test } from "vitest";
import { dateIn, instantAt, windowOf } from "./windows";

const NOW = Date.parse("2026-11-27T20:00:00Z");

test("a day begins and ends by the clocks of the zone, also where they change", () => {
  expect(new Date(instantAt("Europe/Minsk", "2026-11-26", 0)).toISOString()).toBe("2026-11-25T21:00:00.000Z");
  expect(instantAt("Europe/Warsaw", "2026-10-25", 1440) - instantAt("Europe/Warsaw", "2026-10-25", 0)).toBe(25 * 3_600_000);
  expect(instantAt("Europe/Warsaw", "2026-03-29", 1440) - instantAt("Europe/Warsaw", "2026-03-29", 0)).toBe(23 * 3_600_000);
  expect(dateIn("Asia/Tokyo", NOW)).toBe("2026-11-28");
});

test("yesterday is a whole day, a part of a day needs times in order", () => {
  const day = { when: "day", date: "2026-11-26", from: "09:00", to: "18:00" } as const;
  expect(windowOf({ ...day, when: "last" }, "UTC", NOW)).toEqual({});
  expect(windowOf({ ...day, when: "yesterday" }, "UTC", NOW)).toEqual({ since: "2026-11-26T00:00:00.000Z", until: "2026-11-27T00:00:00.000Z" });
  expect(windowOf(day, "UTC", NOW)).toEqual({ since: "2026-11-26T09:00:00.000Z", until: "2026-11-26T18:00:00.000Z" });
  expect(windowOf({ ...day, to: "08:00" }, "UTC", NOW)).toBeNull();
  expect(windowOf({ ...day, from: "9 o'clock" }, "UTC", NOW)).toBeNull();
  expect(windowOf({ ...day, date: "2026-11-28" }, "UTC", NOW)).toBeNull();
});
