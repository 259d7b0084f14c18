import { expect, test } from "vitest";
import { fit } from "./fit";

test("what begins with the words comes before what only has them", () => {
  expect(fit("cl", "Close")).toBe(0);
  expect(fit("cl", "Answer the client")).toBe(1);
  expect(fit("cl", "Finish", "close")).toBe(2);
  expect(fit("los", "Close")).toBe(3);
});

test("every word has to be there, short ones at the beginning of a word", () => {
  expect(fit("an cl", "Answer the client")).toBe(1);
  expect(fit("an away", "Answer the client")).toBeNull();
  expect(fit("os", "Close")).toBeNull();
});

test("words typed on the other layout are found", () => {
  expect(fit("pfrh", "Закрыть")).toBe(0);
  expect(fit("сдщы", "Close")).toBe(0);
});

test("nothing typed fits everything", () => {
  expect(fit("", "Close")).toBe(0);
});
