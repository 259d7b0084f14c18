import { beforeEach, expect, it, vi } from "vitest";
import { forgetOffer } from "./acts";
import { queries } from "./client";
import { keys } from "./keys";
import type { Offer } from "./types";

const offers = (...ids: string[]) => ids.map((id) => ({ id }) as Offer);
const held = () => queries.getQueryData<Offer[]>(keys.offers)?.map((one) => one.id);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { hidden: false });
  return () => {
    queries.clear();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

it("brings no answered offer back by a list that was asked for before the answer", async () => {
  queries.setQueryData(keys.offers, offers("1", "2"));
  let answer: (list: Offer[]) => void = () => {};
  const queryFn = () => new Promise<Offer[]>((done) => { answer = done; });
  const asked = queries.fetchQuery({ queryKey: keys.offers, queryFn, staleTime: 0 }).catch(() => {});
  forgetOffer("1");
  expect(held()).toEqual(["2"]);
  await vi.advanceTimersByTimeAsync(5);
  answer(offers("1", "2"));
  await asked;
  await vi.advanceTimersByTimeAsync(5);
  expect(held()).toEqual(["2"]);
});
