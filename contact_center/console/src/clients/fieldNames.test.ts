import { expect, it } from "vitest";
import { fieldName, plainLabel } from "./fieldNames";

it("keeps the name people gave a field", () => {
  expect(fieldName("  Размер   обуви ")).toBe("Размер обуви");
  expect(fieldName("E-mail №2")).toBe("E-mail 2");
});

it("stays within what the service takes", () => {
  expect(fieldName("2nd address")).toBe("nd address");
  expect(fieldName("№ 5")).toBe("");
  expect(fieldName("Очень длинное название поля, которое никто не прочтёт").length).toBeLessThanOrEqual(40);
});

it("reads a name without words of its own", () => {
  expect(plainLabel("shoe_size")).toBe("Shoe size");
});
