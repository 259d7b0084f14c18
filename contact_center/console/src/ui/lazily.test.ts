import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { loaded } from "./lazily";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("a part that cannot be loaded for a moment is asked for again", async () => {
  const load = vi.fn(() => Promise.resolve("part")).mockRejectedValueOnce(new TypeError("Failed to fetch"));
  const part = loaded(load);
  await vi.runAllTimersAsync();
  await expect(part).resolves.toBe("part");
});

it("a part that is gone is given up", async () => {
  const load = vi.fn(() => Promise.reject(new TypeError("404")));
  const part = expect(loaded(load)).rejects.toThrow("404");
  await vi.runAllTimersAsync();
  await part;
  expect(load).toHaveBeenCalledTimes(3);
});
