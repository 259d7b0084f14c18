import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../api/http";
import { storage } from "./cells.fake";
import { newId, Outbox, type Pending, underWay } from "./outbox";

const entry = (text: string, contact = "c1") => ({ contact, client: "Anna", kind: "reply" as const, text, attachments: [] });

function desk(plan: (Problem | null)[]) {
  const sent: Pending[] = [];
  const { cells, held, fill } = storage();
  const send = async (pending: Pending) => {
    sent.push(pending);
    const failure = plan.shift();
    if (failure) throw failure;
  };
  const tab = () => {
    const outbox = new Outbox(send, cells);
    outbox.open("me");
    return outbox;
  };
  return { outbox: tab(), sent, held, fill, tab };
}

describe("the outbox of the page", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("tries again with the same id after a lost answer", async () => {
    const { outbox, sent } = desk([new Problem(0, {}), new Problem(503, {}), null]);
    outbox.add(entry("hello"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent.length).toBe(3);
    expect(new Set(sent.map((one) => one.id)).size).toBe(1);
    expect(outbox.size).toBe(0);
  });

  it("keeps the order within a contact", async () => {
    const { outbox, sent } = desk([new Problem(0, {})]);
    outbox.add(entry("first"));
    outbox.add(entry("second"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent.map((one) => one.text)).toEqual(["first", "first", "second"]);
  });

  it("shows a refusal, keeps the text and goes on with the next", async () => {
    const { outbox, sent } = desk([new Problem(422, { code: "too_long" }), null]);
    const first = outbox.add(entry("much too long"));
    outbox.add(entry("next"));
    await vi.advanceTimersByTimeAsync(10);
    expect(outbox.of("c1").map((one) => [one.state, one.reason, one.text])).toEqual([["refused", "too_long", "much too long"]]);
    expect(sent.map((one) => one.text)).toEqual(["much too long", "next"]);
    expect(outbox.refused().map((one) => [one.client, one.text])).toEqual([["Anna", "much too long"]]);
    expect(outbox.drop(first.id)?.text).toBe("much too long");
    expect(outbox.refused()).toEqual([]);
  });

  it("goes on after a reload", async () => {
    const { outbox, tab, sent } = desk([new Problem(0, {}), null]);
    outbox.add(entry("kept"));
    await vi.advanceTimersByTimeAsync(1);
    const later = tab();
    await vi.advanceTimersByTimeAsync(1);
    expect(sent.map((one) => one.text)).toEqual(["kept", "kept"]);
    expect(later.size).toBe(0);
  });

  it("sends nothing of one employee in the session of another, and goes on when he is back", async () => {
    const { outbox, sent } = desk([new Problem(503, {}), new Problem(401, {})]);
    outbox.add(entry("his words"));
    await vi.advanceTimersByTimeAsync(1);
    outbox.close(); // the session has ended
    await vi.advanceTimersByTimeAsync(60_000);
    outbox.open("kate");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sent.length, outbox.size]).toEqual([1, 0]);
    outbox.open("me");
    await vi.advanceTimersByTimeAsync(1);
    outbox.close(); // the server knew of the end before us
    outbox.open("me");
    await vi.advanceTimersByTimeAsync(1);
    expect([sent.length, outbox.size]).toEqual([3, 0]);
  });

  it("keeps what several tabs send, each in its own cell, in the order written", async () => {
    const away = Array.from({ length: 3 }, () => new Problem(503, {}));
    const { outbox, tab, held } = desk(away);
    const other = tab();
    outbox.add(entry("of the first tab"));
    other.add(entry("of the second tab"));
    await vi.advanceTimersByTimeAsync(1);
    const reloaded = tab();
    expect(reloaded.of("c1").map((one) => one.text)).toEqual(["of the first tab", "of the second tab"]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([reloaded.size, outbox.size, other.size, held.size]).toEqual([0, 0, 0, 0]);
  });

  it("forgets what another tab has settled", async () => {
    const { outbox, held } = desk([new Problem(503, {})]);
    const entered = outbox.add(entry("sent over there"));
    await vi.advanceTimersByTimeAsync(1);
    outbox.heard("cc.draft.me.c1|reply", null);
    outbox.heard(`cc.outbox.me.${entered.id}`, "{}");
    expect(outbox.size).toBe(1);
    outbox.heard(`cc.outbox.me.${entered.id}`, null);
    expect([outbox.size, held.size]).toEqual([0, 0]);
  });

  it("takes up what a page of before an update left in one cell", async () => {
    const { tab, sent, held } = desk([]);
    held.set("cc.outbox.me", JSON.stringify([{ ...entry("old"), id: "1", at: 1, tries: 3, state: "sending" }]));
    const updated = tab();
    await vi.advanceTimersByTimeAsync(1);
    expect([sent.map((one) => one.text), updated.size, held.size]).toEqual([["old"], 0, 0]);
  });

  it("sends though the browser's storage is full", async () => {
    const { outbox, sent, fill } = desk([new Problem(0, {})]);
    fill();
    outbox.add(entry("must go"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent.map((one) => one.text)).toEqual(["must go", "must go"]);
    expect(outbox.size).toBe(0);
  });

  it("is not shown beside the message it has become, though the answer is still on its way", () => {
    const { outbox } = desk([new Problem(0, {})]);
    const [first, second] = [outbox.add(entry("first")), outbox.add(entry("second"))];
    expect(underWay(outbox.of("c1"), [{ client_msg_id: first.id }, { client_msg_id: null }])).toEqual([second]);
  });

  it("makes ids of version 4", () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
