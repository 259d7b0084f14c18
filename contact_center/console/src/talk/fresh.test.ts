import { beforeEach, expect, it, vi } from "vitest";
import { queries } from "../api/client";
import { keys } from "../api/keys";
import type { Message, MessagePage } from "../api/types";
import { expired, freshUrl } from "./fresh";

const asked: unknown[] = [];
const later = Math.floor(Date.now() / 1000) + 400;
const page = (until: number): MessagePage => ({
  items: [5, 6].map((seq) => ({ id: `m${seq}`, seq, version: 1, attachments: [{ id: `f${seq}`, url: `/files/f${seq}?e=${until}&s=x` }] }) as Message),
  has_before: false, has_after: false, version: 1,
});

vi.mock("../api/http", async (original) => ({
  ...(await original<typeof import("../api/http")>()),
  get: (_: string, { query }: { query: unknown }) => {
    asked.push(query);
    return Promise.resolve(page(later));
  },
}));

beforeEach(() => {
  queries.clear();
  asked.length = 0;
});

it("fetches a message again whose file has an address that is too old, and only then", async () => {
  queries.setQueryData(keys.messages("c"), page(1000));
  expect(expired("/files/f6?e=1000&s=x")).toBe(true);
  const fresh = `/files/f6?e=${later}&s=x`;
  expect(await freshUrl("c", "f6")).toBe(fresh);
  expect(asked).toEqual([expect.objectContaining({ after: 5, limit: 1 })]);
  expect(await freshUrl("c", "f6")).toBe(fresh);
  expect(asked).toHaveLength(1);
});

it("knows nothing of a file that no message names yet", async () => {
  queries.setQueryData(keys.messages("c"), page(1000));
  expect(await freshUrl("c", "other")).toBe(null);
  expect(asked).toEqual([]);
});
