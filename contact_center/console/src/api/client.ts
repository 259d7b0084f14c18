/** The query client, and the reads that are more than one GET. */
import { QueryClient } from "@tanstack/react-query";
import { askedAt, get, Problem } from "./http";
import { keys } from "./keys";
import { joinPage, newerContact, rowOf } from "./merge";
import type { Answer } from "./ask";
import type { Contact, ContactRow, Draft, DraftKind, MessagePage } from "./types";

const TRIES = 8;

function mayTryAgain(count: number, error: unknown): boolean {
  return error instanceof Problem && error.passing && count < TRIES;
}

function pauseOf(count: number): number {
  return Math.min(8000, 500 * 2 ** count) * (0.7 + Math.random() * 0.6);
}

/** As queries do: what fails for a moment is asked for again, for no event will tell of it again. */
export async function insistently<T>(step: () => Promise<T>): Promise<T> {
  for (let count = 0; ; count += 1) {
    try {
      return await step();
    } catch (error) {
      if (!mayTryAgain(count, error)) throw error;
      await new Promise((done) => setTimeout(done, pauseOf(count)));
    }
  }
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      retry: mayTryAgain,
      retryDelay: pauseOf,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

const PAGE = 50;
/** Pages at most of one reload. */
const RELOADED = 16;

type ListData = { pages: Answer<"GET", "/contacts">[]; pageParams: unknown[] };

/** The drafts that were saved here, as known at `at`. */
const savedDrafts = new Map<string, { at: number; draft: Draft | null }>();

/** A draft is on the server: no event tells of it, and answers asked for before do not know it. */
export function noteDraft(id: string, kind: DraftKind, draft: Draft): void {
  savedDrafts.set(`${id}|${kind}`, { at: Date.now(), draft });
  const failed = queries.getQueryState(keys.contact(id))?.status === "error";
  queries.setQueryData<Contact>(keys.contact(id), (held) => held && { ...held, drafts: { ...held.drafts, [kind]: draft } });
  if (failed) void refreshContact(id);
}

function withSavedDrafts(contact: Contact): Contact {
  const asked = askedAt(contact) ?? Date.now();
  const drafts = { ...contact.drafts };
  for (const kind of ["reply", "note"] as const) {
    const saved = savedDrafts.get(`${contact.id}|${kind}`);
    if (!saved) continue;
    if (asked <= saved.at) drafts[kind] = saved.draft;
    else savedDrafts.set(`${contact.id}|${kind}`, { at: asked, draft: drafts[kind] });
  }
  return { ...contact, drafts };
}

/** What was fetched for one who is not here any more is nothing for whoever comes next. */
export function forgetFetched(): void {
  savedDrafts.clear();
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.me[0] && queryKey[0] !== keys.authState[0] });
}

/** Put a contact into every place that shows it; older observations change nothing. */
export function noteContact(answer: Contact): Contact {
  const contact = withSavedDrafts(answer);
  let kept = contact;
  queries.setQueryData<Contact>(keys.contact(contact.id), (held) => {
    kept = newerContact(held, contact);
    return kept;
  });
  noteRow(rowOf(kept));
  return kept;
}

export function noteRow(row: ContactRow): void {
  noteRowIn(keys.lists, row);
  noteRowIn(["client-contacts"], row);
}

function noteRowIn(queryKey: readonly string[], row: ContactRow): void {
  queries.setQueriesData<ListData>({ queryKey }, (data) => {
    if (!data?.pages.some((page) => page.items.some((item) => item.id === row.id))) return data;
    return {
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        items: page.items.map((item) => (item.id === row.id ? newerContact(item, row) : item)),
      })),
    };
  });
}

/** The contact as any list or card holds it: to show something while the whole is on its way. */
export function heldRow(id: string): ContactRow | undefined {
  const full = queries.getQueryData<Contact>(keys.contact(id));
  if (full) return full;
  for (const [, data] of queries.getQueriesData<ListData>({ queryKey: keys.lists })) {
    for (const page of data?.pages ?? []) {
      const found = page.items.find((item) => item.id === id);
      if (found) return found;
    }
  }
  return undefined;
}

const asking = new Map<string, { again: boolean; done: Promise<void> }>();

/** Fetch a contact; calls that come while one is under way are answered by one more fetch. */
export function refreshContact(id: string): Promise<void> {
  const running = asking.get(id);
  if (running) {
    running.again = true;
    return running.done;
  }
  const entry = { again: true, done: Promise.resolve() };
  entry.done = (async () => {
    try {
      while (entry.again) {
        entry.again = false;
        noteContact(await insistently(() => get("/contacts/{id}", { path: { id } })));
      }
    } catch (error) {
      if (error instanceof Problem && error.status === 404) {
        queries.removeQueries({ queryKey: keys.contact(id) });
        void queries.invalidateQueries({ queryKey: keys.lists });
      }
    } finally {
      asking.delete(id);
    }
  })();
  asking.set(id, entry);
  return entry.done;
}

export async function loadMessages(
  id: string,
  range: { before?: number; after?: number; limit?: number } = {},
): Promise<MessagePage> {
  const side = range.before !== undefined ? "before" : range.after !== undefined ? "after" : "tail";
  const page = await get("/contacts/{id}/messages", { path: { id }, query: { limit: PAGE, ...range } });
  // A part of a thread that is not held any more is not the thread.
  queries.setQueryData<MessagePage>(keys.messages(id), (held) => (held || side === "tail" ? joinPage(held, page, side) : undefined));
  return page;
}

const following = new Map<string, { again: boolean; done: Promise<void> }>();

/** Fetch what came after the last message we hold; done when all of it is here. */
export function followMessages(id: string): Promise<void> {
  const running = following.get(id);
  if (running) {
    running.again = true;
    return running.done;
  }
  const entry = { again: true, done: Promise.resolve() };
  following.set(id, entry);
  entry.done = follow(id, entry);
  return entry.done;
}

/** Whether what comes is being fetched: the end is out of sight for a moment only. */
export function isFollowed(id: string): boolean {
  return following.has(id);
}

async function follow(id: string, entry: { again: boolean }): Promise<void> {
  const held = () => queries.getQueryData<MessagePage>(keys.messages(id));
  try {
    if (held()?.has_after) return;
    let more = false;
    while (held() && (entry.again || more)) {
      entry.again = false;
      const last = held()?.items.at(-1)?.seq ?? 0;
      const page = await insistently(() => loadMessages(id, { after: last }));
      more = page.has_after && page.items.length > 0;
    }
  } catch {
    // It was tried long enough: the next event or resync asks again; the connection tells the operator.
    queries.setQueryData<MessagePage>(keys.messages(id), (page) => page && { ...page, has_after: false });
  } finally {
    following.delete(id);
  }
}

/** Messages went to another contact or came from one: what is held of the thread is another's. */
export function loadedAnew(id: string): void {
  void queries.invalidateQueries({ queryKey: keys.messages(id) });
}

/** After a gap: fetch again what is held of a thread (its newest 200), for versions may differ, and what has come. */
export async function reloadMessages(id: string): Promise<void> {
  const held = queries.getQueryData<MessagePage>(keys.messages(id));
  if (!held) return;
  const last = held.items.at(-1)?.seq ?? 0;
  let after = Math.max(0, last - 4 * PAGE, (held.items[0]?.seq ?? 1) - 1);
  try {
    for (let round = 0; round < RELOADED; round += 1) {
      const from = after;
      const page = await insistently(() => loadMessages(id, { after: from }));
      const end = page.items.at(-1)?.seq;
      if (end === undefined || !page.has_after || (held.has_after && end >= last)) return;
      after = end;
    }
  } catch {
    // As above.
  }
}
