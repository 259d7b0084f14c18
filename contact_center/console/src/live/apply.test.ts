import { QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { queries } from "../api/client";
import { Problem } from "../api/http";
import { keys } from "../api/keys";
import type { Contact, LiveEvent, Message, MessagePage } from "../api/types";
import { applyEvent, applySubscribed } from "./apply";

/** Far above what it takes: a busy machine may stand still for some seconds. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });

const asked: (number | undefined)[] = [];
let stored: (after: number) => MessagePage;
let card: Partial<Contact>[] = [];
const problems: Error[] = [];
vi.stubGlobal("document", { hidden: false });

vi.mock("../api/http", async (original) => ({
  ...(await original<typeof import("../api/http")>()),
  get: (path: string, { query }: { query?: { after?: number } }) => {
    if (path === "/contacts/{id}") return Promise.resolve(card.shift());
    asked.push(query?.after);
    const problem = problems.shift();
    return problem ? Promise.reject(problem) : Promise.resolve(stored(query?.after ?? 0));
  },
}));

afterEach(() => {
  vi.useRealTimers();
});

const page = (version: number): MessagePage => ({
  items: [{ id: "m1", seq: 1, version } as Message], has_before: false, has_after: false, version,
});
const event = (kind: string, version: number) => ({ kind, id: "c1", version, data: { seq: 1 } }) as unknown as LiveEvent;
const held = () => queries.getQueryData<MessagePage>(keys.messages("c1"))?.items[0]?.version;

beforeEach(() => {
  queries.clear();
  asked.length = 0;
});

// First, for what others leave to be done soon would be waited for in vain.
describe("news that come faster than answers", () => {
  const answers: ((value: string) => void)[] = [];
  const shown: string[] = [];
  const happened = async (ms = 600) => {
    applyEvent({ kind: "work.assigned", id: "w1", version: 1, data: {} } as unknown as LiveEvent, "me");
    await vi.advanceTimersByTimeAsync(ms);
  };
  const answer = async (at: number) => {
    answers[at]?.(`answer ${at}`);
    await vi.advanceTimersByTimeAsync(1);
  };
  beforeEach(() => {
    vi.useFakeTimers();
    answers.length = shown.length = 0;
  });

  it.each([[keys.offers], [keys.lists], [keys.counts]])("let what is under way arrive and fetch %o once more", async (queryKey) => {
    const stop = new QueryObserver(queries, {
      queryKey: [...queryKey], queryFn: () => new Promise<string>((done) => answers.push(done)), initialData: "old", staleTime: 0,
    }).subscribe(({ data }) => data && data !== shown.at(-1) && shown.push(data));
    await happened();
    await happened();
    await happened();
    expect(answers).toHaveLength(1);
    await answer(0);
    expect([answers.length, shown.at(-1)]).toEqual([2, "answer 0"]);
    await answer(1);
    expect([answers.length, shown.at(-1)]).toEqual([2, "answer 1"]);
    await happened();
    expect(answers).toHaveLength(3);
    stop();
  });

  it("let every answer arrive, however long the news go on", async () => {
    let begun = 0;
    let arrived = 0;
    const queryFn = async () => {
      begun += 1;
      await new Promise((done) => setTimeout(done, begun < 20 ? 1000 : 1500));
      return String((arrived += 1));
    };
    const stop = new QueryObserver(queries, { queryKey: keys.offers, queryFn, initialData: "old", staleTime: 0 }).subscribe(() => {});
    for (let at = 0; at < 600; at += 1) await happened(100);
    expect(arrived).toBeGreaterThan(35);
    expect(begun - arrived).toBeLessThan(3);
    await vi.advanceTimersByTimeAsync(5000);
    stop();
  });

  it("wait for no answer for ever", async () => {
    const stop = new QueryObserver(queries, {
      queryKey: keys.offers, queryFn: () => new Promise<string>((done) => answers.push(done)), initialData: "old", staleTime: 0,
    }).subscribe(() => {});
    await happened(21_000);
    expect(answers).toHaveLength(2);
    await happened();
    expect(answers).toHaveLength(2);
    stop();
  });
});

it("fetches once more what changed while its thread was being loaded", async () => {
  let answer: (page: MessagePage) => void = () => {};
  const loading = queries.fetchQuery({
    queryKey: keys.messages("c1"),
    queryFn: () => new Promise<MessagePage>((done) => (answer = done)),
  });
  await Promise.resolve();
  stored = () => page(3);
  for (const version of [2, 3]) applyEvent(event("message.changed", version), "me");
  expect(asked).toEqual([]);
  answer(page(1));
  await loading;
  await eventually(() => expect(held()).toBe(3));
  expect(asked).toEqual([0]);
});

it("fetches at once what changed in a thread that is here", async () => {
  queries.setQueryData(keys.messages("c1"), page(1));
  stored = () => page(2);
  applyEvent(event("message.changed", 2), "me");
  await eventually(() => expect(held()).toBe(2));
});

it("follows a thread to its end, however many pages of news there are", async () => {
  queries.setQueryData(keys.messages("c1"), page(1));
  stored = (after) => ({
    items: [{ id: `m${after + 1}`, seq: after + 1, version: 1 } as Message], has_before: true, has_after: after < 3, version: 4,
  });
  applyEvent(event("message.added", 4), "me");
  await eventually(() => expect(queries.getQueryData<MessagePage>(keys.messages("c1"))?.items).toHaveLength(4));
  expect(asked).toEqual([1, 2, 3]);
});

/** A thread from one message to another, of a contact in a version. */
const thread = (from: number, to: number, version: number, has_after = false): MessagePage => ({
  items: Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => ({ id: `m${from + at}`, seq: from + at, version: 1 }) as Message),
  has_before: from > 1, has_after, version,
});
const ends = (page: MessagePage | undefined) => [page?.items.length, page?.items.at(-1)?.seq, page?.has_after, page?.version];

it.each([
  [1, 50, 51], // a whole page
  [1, 300, 303],
  [1, 10, 70],
  [1, 0, 3], // nothing yet
])("fetches all that came after what is held from %i to %i", async (from, to, stands) => {
  queries.setQueryData(keys.messages("c1"), thread(from, to, 4));
  stored = (after) => thread(after + 1, Math.min(after + 50, stands), 9, after + 50 < stands);
  applySubscribed({ t: "subscribed", topics: [], contacts: [{ id: "c1", version: 9 }] });
  await eventually(() => expect(ends(queries.getQueryData(keys.messages("c1")))).toEqual([stands, stands, false, 9]));
});

it("asks again when an answer fails for a moment", async () => {
  queries.setQueryData(keys.messages("c1"), thread(1, 1, 1));
  problems.push(new Problem(503, {}));
  stored = () => thread(2, 2, 2);
  applyEvent(event("message.added", 2), "me");
  await eventually(() => expect(ends(queries.getQueryData(keys.messages("c1")))).toEqual([2, 2, false, 2]));
  expect(asked).toEqual([1, 1]);
});

const contact = (version: number) => ({ id: "c1", version }) as Contact;
const shown = () => queries.getQueryData<Contact>(keys.contact("c1"))?.version;

it("fetches what changed before it was told of changes, and nothing it has", async () => {
  queries.setQueryData(keys.messages("c1"), page(4));
  queries.setQueryData(keys.contact("c1"), contact(5));
  stored = () => page(5);
  card = [contact(6)];
  applySubscribed({ t: "subscribed", topics: ["contact:c1"], contacts: [{ id: "c1", version: 5 }] });
  await eventually(() => expect(held()).toBe(5));
  expect([asked, shown()]).toEqual([[0], 5]);
});

it("fetches a card once more that was being loaded when it changed", async () => {
  let answer: (contact: Contact) => void = () => {};
  const loading = queries.fetchQuery({ queryKey: keys.contact("c1"), queryFn: () => new Promise<Contact>((done) => (answer = done)) });
  await Promise.resolve();
  card = [contact(7)];
  applyEvent({ kind: "contact.changed", id: "c1", version: 7, data: {} } as unknown as LiveEvent, "me");
  answer(contact(6));
  await loading;
  await eventually(() => expect(shown()).toBe(7));
  expect(card).toEqual([]);
});
