import { expect, it } from "vitest";
import type { Attachment } from "../api/types";
import { inline, isPicture, stepped } from "./viewing";

const item = { id: "1", kind: "image", state: "stored", url: "/files/1", name: "a.png" } as Attachment;
const three = { contact: "c", pictures: [1, 2, 3].map((n) => ({ ...item, id: String(n), url: "/files/1" })), at: 1 };

it("shows only stored pictures large", () => {
  expect(isPicture(item)).toBe(true);
  expect(isPicture({ ...item, state: "wanted" })).toBe(false);
  expect(isPicture({ ...item, kind: "file" })).toBe(false);
});

it("stops at the first and at the last picture", () => {
  expect(stepped(three, 1).at).toBe(2);
  expect(stepped(stepped(three, 1), 1).at).toBe(2);
  expect(stepped(three, -5).at).toBe(0);
});

it("keeps what else an address asks for", () => {
  expect(inline("/files/1?v=2")).toBe("/files/1?v=2&inline=1");
});
