import { describe, expect, it } from "vitest";
import { codeFrom, movedPositions } from "./order";

const list = [
  { id: "a", position: 0 },
  { id: "b", position: 1 },
  { id: "c", position: 2 },
];

describe("short lists", () => {
  it("change only the positions that a move changes", () => {
    expect(movedPositions(list, "c", -1)).toEqual([{ id: "c", position: 1 }, { id: "b", position: 2 }]);
    expect(movedPositions(list, "a", 1)).toEqual([{ id: "b", position: 0 }, { id: "a", position: 1 }]);
  });
  it("keep their order at the ends", () => {
    expect(movedPositions(list, "a", -1)).toEqual([]);
    expect(movedPositions(list, "c", 1)).toEqual([]);
  });
  it("are put right where positions were equal", () => {
    const equal = [{ id: "a", position: 0 }, { id: "b", position: 0 }];
    expect(movedPositions(equal, "b", -1)).toEqual([{ id: "a", position: 1 }]);
  });
  it("get codes that the server accepts", () => {
    expect(codeFrom("Возврат оформлен!")).toBe("vozvrat_oformlen");
    expect(codeFrom("  Order — placed ")).toBe("order_placed");
    expect(codeFrom("…")).toBe("");
    expect(codeFrom("щ".repeat(30))).toMatch(/^[a-z0-9][a-z0-9_-]{0,39}$/);
  });
});
