import { describe, expect, it } from "vitest";
import { around, further, MOST, nearer, newest, STEP, type Stretch, trimmed } from "./window";

const seqs = Array.from({ length: 5000 }, (_, at) => at + 1);
const size = (stretch: Stretch) => seqs.filter((seq) => seq >= stretch.from && (stretch.to === null || seq <= stretch.to)).length;

describe("the stretch of a thread in the document", () => {
  it("begins with the newest page", () => {
    expect(newest(seqs)).toEqual({ from: 4951, to: null });
    expect(newest([1, 2, 3])).toEqual({ from: 1, to: null });
    expect(newest([])).toEqual({ from: 0, to: null });
  });
  it("never holds more than it may, all the way up and down again", () => {
    let stretch = newest(seqs);
    for (let step = 0; step < 120; step += 1) {
      stretch = further(seqs, stretch);
      expect(size(stretch)).toBeLessThanOrEqual(MOST + STEP);
    }
    expect(stretch.from).toBe(1);
    for (let step = 0; step < 120; step += 1) {
      stretch = nearer(seqs, stretch);
      expect(size(stretch)).toBeLessThanOrEqual(MOST + STEP);
    }
    expect(stretch.to).toBeNull();
    expect(size(stretch)).toBeGreaterThanOrEqual(STEP);
  });
  it("moves without a gap", () => {
    const before = { from: 1000, to: 1149 };
    expect(further(seqs, before)).toEqual({ from: 950, to: 1099 });
    expect(nearer(seqs, before)).toEqual({ from: 1050, to: 1199 });
  });
  it("comes to any message with its neighbours on both sides", () => {
    expect(around(seqs, 3000)).toEqual({ from: 2975, to: 3050 });
    expect(around(seqs, 4990)).toEqual({ from: 4965, to: null });
    expect(around(seqs, 1)).toEqual({ from: 1, to: 51 });
  });
  it("drops the oldest when new ones come at the end", () => {
    expect(trimmed(seqs, { from: 4000, to: null })).toEqual({ from: 4851, to: null });
    expect(trimmed(seqs, { from: 4810, to: null })).toEqual({ from: 4810, to: null });
  });
});
