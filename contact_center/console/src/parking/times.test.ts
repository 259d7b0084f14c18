import { describe, expect, it } from "vitest";
import { read, tomorrowAtNine, written } from "./times";

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

describe("times of parking", () => {
  it("are nine o'clock of the queue's next day, whatever day it is elsewhere", () => {
    const late = Date.parse("2026-11-27T22:30:00Z"); // the 28th in Moscow already
    expect(iso(tomorrowAtNine(late, "Europe/Moscow"))).toBe("2026-11-29T06:00:00.000Z");
    expect(iso(tomorrowAtNine(late, "America/New_York"))).toBe("2026-11-28T14:00:00.000Z");
  });
  it("heed that summer time begins and ends in the night between", () => {
    expect(iso(tomorrowAtNine(Date.parse("2026-03-28T12:00:00Z"), "Europe/Berlin"))).toBe("2026-03-29T07:00:00.000Z");
    expect(iso(tomorrowAtNine(Date.parse("2026-10-24T12:00:00Z"), "Europe/Berlin"))).toBe("2026-10-25T08:00:00.000Z");
  });
  it("are written for the field and read back in the same zone", () => {
    const at = Date.parse("2026-12-31T22:15:00Z");
    expect(written(at, "Asia/Yekaterinburg")).toBe("2027-01-01T03:15");
    expect(read("2027-01-01T03:15", "Asia/Yekaterinburg")).toBe(at);
    expect(read("", "UTC")).toBeNull();
  });
  it("that summer time skips are an hour later", () => {
    expect(iso(read("2026-03-29T02:30", "Europe/Berlin"))).toBe("2026-03-29T01:30:00.000Z");
  });
});
