import { describe, expect, it } from "vitest";
import { dayFault, minutesOf, nextSpan, runs, tidyHours, tidyTime } from "./hours";

describe("weekly hours", () => {
  it("understand times as people type them", () => {
    expect(["9", "930", "9.30", "09:00", "24", "1800"].map(tidyTime)).toEqual(["09:00", "09:30", "09:30", "09:00", "24:00", "18:00"]);
    expect(tidyTime("noon")).toBe("noon");
  });
  it("know what is a time", () => {
    expect(minutesOf("24:00")).toBe(1440);
    expect(minutesOf("24:01")).toBeNull();
    expect(minutesOf("10:60")).toBeNull();
    expect(minutesOf("9:00")).toBeNull();
  });
  it("find what is wrong with a day", () => {
    expect(dayFault([["09:00", "13:00"], ["14:00", "18:00"]])).toBeNull();
    expect(dayFault([["14:00", "18:00"], ["09:00", "14:00"]])).toBeNull();
    expect(dayFault([["09:00", "13:00"], ["12:59", "18:00"]])).toBe("overlap");
    expect(dayFault([["18:00", "09:00"]])).toBe("order");
    expect(dayFault([["", "09:00"]])).toBe("time");
  });
  it("are sent in order and without closed days", () => {
    expect(tidyHours({ tue: [["14:00", "18:00"], ["09:00", "13:00"]], mon: [] })).toEqual({ tue: [["09:00", "13:00"], ["14:00", "18:00"]] });
  });
  it("are told in few words", () => {
    const day: [string, string][] = [["09:00", "20:00"]];
    expect(runs({ mon: day, tue: day, thu: day, fri: day, sat: [["10:00", "16:00"]] }).map(({ from, to }) => `${from}-${to}`)).toEqual(["mon-tue", "thu-fri", "sat-sat"]);
  });
  it("offer a next span that is one", () => {
    for (const spans of [[], [["09:00", "13:00"]], [["09:00", "24:00"]]] as [string, string][][]) expect(dayFault([nextSpan(spans)])).toBeNull();
    expect(nextSpan([["09:00", "13:00"]])).toEqual(["14:00", "18:00"]);
  });
});
