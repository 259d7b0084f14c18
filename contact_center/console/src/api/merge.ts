/** Two observations of one thing: the version decides which is newer, never the order of arrival. */
import type { Contact, ContactRow, Message, MessagePage } from "./types";

export function newerContact<T extends ContactRow>(held: T | undefined, seen: T): T {
  if (!held) return seen;
  if (seen.version < held.version) return held;
  const sameWork = held.work && seen.work && held.work.id === seen.work.id;
  if (sameWork && seen.work && held.work && seen.work.version < held.work.version) {
    return { ...seen, work: held.work };
  }
  return seen;
}

/** What a full contact tells about its row; fields of the row only, so lists stay small. */
export function rowOf(contact: Contact): ContactRow {
  const { participants: _p, data: _d, drafts, capabilities: _c, can: _can, client_read_seq: _r, ...row } = contact;
  const draft = Boolean(drafts?.reply?.text || drafts?.note?.text);
  return { ...row, draft: row.draft || draft };
}

/** Messages by seq, each in its newest version; another message at a place has taken it over. */
export function mergeMessages(held: readonly Message[], seen: readonly Message[]): Message[] {
  const bySeq = new Map(held.map((message) => [message.seq, message]));
  let changed = false;
  for (const message of seen) {
    const before = bySeq.get(message.seq);
    if (before && before.id === message.id && before.version > message.version) continue;
    bySeq.set(message.seq, message);
    changed = true;
  }
  if (!changed) return held as Message[];
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Join a page to what is held. A page that does not touch what is held replaces it: a thread
 *  with a hole in the middle would show a conversation that never took place. What is held is as
 *  new as the last page that showed the end. */
export function joinPage(held: MessagePage | undefined, page: MessagePage, side: "before" | "after" | "tail"): MessagePage {
  const first = page.items[0];
  const last = page.items.at(-1);
  if (!held?.items.length) return page;
  const shows = side !== "before" && !page.has_after;
  const version = shows ? Math.max(held.version, page.version) : held.version;
  if (!first || !last) {
    return {
      ...held,
      has_before: side === "before" ? false : held.has_before,
      has_after: side === "before" ? held.has_after : false,
      version,
    };
  }
  const heldFirst = held.items[0]?.seq ?? 0;
  const heldLast = held.items.at(-1)?.seq ?? 0;
  if (side !== "before" && first.seq > heldLast + 1) return page;
  if (side === "after" && last.seq < heldFirst - 1) return held;
  // The end of the thread as it is now: what is held beyond it went to another contact.
  const ends = shows && page.version >= held.version;
  const kept = ends ? held.items.filter((item) => item.seq <= last.seq) : held.items;
  return {
    items: mergeMessages(kept, page.items),
    has_before: first.seq <= heldFirst ? page.has_before : held.has_before,
    // A message fetched once more is no news of what follows it: where the end was in sight, whatever
    // comes is followed by itself.
    has_after: !ends && last.seq > heldLast ? page.has_after : held.has_after && !ends,
    version,
  };
}
