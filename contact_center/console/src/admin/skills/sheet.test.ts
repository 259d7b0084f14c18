import { describe, expect, test } from "vitest";
import { levelBy, levelOf, moved, withLevel } from "./sheet";

describe("a cell of the sheet", () => {
  test("keys lead to its neighbours and never out of the sheet", () => {
    const at = { row: 0, column: 1 };
    expect(moved(at, "ArrowUp", 3, 2, false)).toEqual({ row: 0, column: 1 });
    expect(moved(at, "ArrowDown", 3, 2, false)).toEqual({ row: 1, column: 1 });
    expect(moved(at, "ArrowRight", 3, 2, false)).toEqual({ row: 0, column: 1 });
    expect(moved(at, "End", 3, 2, true)).toEqual({ row: 2, column: 1 });
    expect(moved(at, "a", 3, 2, false)).toBeUndefined();
  });
  test("digits set levels up to five, others change them by one", () => {
    expect(["0", "5", "6", "Delete", "+", "-"].map((key) => levelBy(key, 5))).toEqual([0, 5, undefined, 0, 5, 4]);
  });
  test("a level of nought takes the skill away and leaves the others", () => {
    const held = [
      { skill_id: "a", level: 2 },
      { skill_id: "b", level: 3 },
    ];
    expect(withLevel(held, "a", 0)).toEqual([{ skill_id: "b", level: 3 }]);
    expect(levelOf(withLevel(held, "a", 5), "a")).toBe(5);
    expect(levelOf(held, "c")).toBe(0);
  });
});
