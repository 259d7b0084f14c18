/** What was sent here and is not on the server yet. Each entry has its `client_msg_id` from the
 *  start, so trying again after a lost answer cannot make a second message. Entries survive a
 *  reload, each in a cell of its own, for several tabs of one browser write there; those of one
 *  contact go one after another, in the order written. */
import { useSyncExternalStore } from "react";
import { loadMessages, queries, refreshContact } from "../api/client";
import { post, Problem } from "../api/http";
import { keys } from "../api/keys";
import { mergeMessages } from "../api/merge";
import { sendable } from "./buttons";
import { type Cells, cells as browser } from "./cells";
import type { Attachment, Choice, DraftKind, LetterDraft, Message, MessagePage } from "../api/types";

export interface Pending {
  id: string;
  contact: string;
  /** The client's name: the contact may be out of sight when this is refused. */
  client: string;
  kind: DraftKind;
  text: string;
  attachments: Attachment[];
  letter?: LetterDraft;
  buttons?: readonly Choice[];
  reply_to?: string;
  close?: boolean;
  at: number;
  tries: number;
  state: "sending" | "waiting" | "refused";
  reason?: string;
}

export type Send = (pending: Pending) => Promise<void>;
const NONE: readonly Pending[] = [];

export class Outbox {
  private entries: readonly Pending[] = NONE;
  private notTaken: readonly Pending[] = NONE;
  private readonly byContact = new Map<string, readonly Pending[]>();
  private readonly running = new Set<string>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly listeners = new Set<() => void>();
  /** What the names of this employee's cells begin with. */
  private place = "";
  private isOpen = false;
  private readonly send: Send;
  private readonly cells: Cells;

  constructor(send: Send, cells: Cells) {
    this.send = send;
    this.cells = cells;
  }

  /** Take up what earlier pages of this employee left behind; other tabs may be sending it, too. */
  open(employee: string): void {
    const place = `cc.outbox.${employee}`;
    // What found no room in the storage is still here.
    const here = this.place === place ? this.entries : NONE;
    const isHere = new Set(here.map((one) => one.id));
    this.place = place;
    this.isOpen = true;
    this.entries = here;
    const names = this.cells.under(this.place);
    const kept = names.flatMap((name) => this.cells.get<Pending | Pending[]>(name) ?? []);
    // All entries in one cell: so did pages of before an update.
    if (names.includes(this.place)) this.cells.drop(this.place);
    const all = [...here, ...kept.filter((one) => !isHere.has(one.id))];
    this.set(all.map((entry) => (entry.state === "refused" ? entry : { ...entry, state: "waiting" as const })).sort((one, other) => one.at - other.at));
    this.wake();
  }

  /** Nobody is signed in: nothing is sent, for the next session may be another's. */
  close(): void {
    this.isOpen = false;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  /** Another tab has sent or dropped what it took up from here, or we from it. */
  heard(name: string | null, value: string | null): void {
    if (name === null || value !== null || !name.startsWith(`${this.place}.`)) return;
    this.set(this.entries.filter((one) => this.nameOf(one) !== name));
  }

  add(entry: Omit<Pending, "id" | "at" | "tries" | "state">): Pending {
    const at = Math.max(Date.now(), (this.entries.at(-1)?.at ?? 0) + 1);
    const pending: Pending = { ...entry, id: newId(), at, tries: 0, state: "sending" };
    this.set([...this.entries, pending]);
    void this.run(pending.contact);
    return pending;
  }

  retry(id: string): void {
    const entry = this.entries.find((one) => one.id === id);
    if (!entry) return;
    this.change(id, { state: "waiting", reason: undefined });
    void this.run(entry.contact);
  }

  drop(id: string): Pending | undefined {
    const entry = this.entries.find((one) => one.id === id);
    this.set(this.entries.filter((one) => one.id !== id));
    return entry;
  }

  /** The house answers again: do not wait for the timers. */
  wake(): void {
    for (const contact of new Set(this.entries.map((one) => one.contact))) void this.run(contact);
  }

  of = (contact: string): readonly Pending[] => this.byContact.get(contact) ?? NONE;

  /** What will not be sent unless somebody does something about it. */
  refused = (): readonly Pending[] => this.notTaken;

  /** How many are still to be sent; what was refused is not. */
  get size(): number {
    return this.entries.filter((entry) => entry.state !== "refused").length;
  }

  watch = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private async run(contact: string): Promise<void> {
    if (!this.isOpen || this.running.has(contact)) return;
    this.running.add(contact);
    clearTimeout(this.timers.get(contact));
    try {
      for (;;) {
        const entry = this.of(contact).find((one) => one.state !== "refused");
        if (!this.isOpen || !entry || !(await this.attempt(entry))) return;
      }
    } finally {
      this.running.delete(contact);
    }
  }

  private async attempt(entry: Pending): Promise<boolean> {
    this.change(entry.id, { state: "sending", tries: entry.tries + 1 });
    const name = this.nameOf(entry);
    try {
      await this.send(entry);
      this.cells.drop(name); // another one may be here by now
      this.set(this.entries.filter((one) => one.id !== entry.id));
      return true;
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(0, { detail: String(error) });
      if (problem.isFinal) {
        this.change(entry.id, { state: "refused", reason: problem.code || problem.message });
        return true;
      }
      this.change(entry.id, { state: "waiting" });
      if (!this.isOpen) return false;
      const ms = Math.min(15_000, 1000 * 2 ** Math.min(entry.tries, 4)) * (0.7 + Math.random() * 0.6);
      this.timers.set(entry.contact, setTimeout(() => void this.run(entry.contact), ms));
      return false;
    }
  }

  private change(id: string, change: Partial<Pending>): void {
    this.set(this.entries.map((one) => (one.id === id ? { ...one, ...change } : one)));
  }

  private nameOf(entry: Pending): string {
    return `${this.place}.${entry.id}`;
  }

  private set(entries: readonly Pending[]): void {
    const [before, ids] = [new Set(this.entries), new Set(entries.map((one) => one.id))];
    for (const one of before) if (!ids.has(one.id)) this.cells.drop(this.nameOf(one));
    for (const one of entries) if (!before.has(one)) this.cells.put(this.nameOf(one), one);
    this.entries = entries;
    this.notTaken = entries.filter((one) => one.state === "refused");
    this.byContact.clear();
    for (const entry of entries) {
      this.byContact.set(entry.contact, [...this.of(entry.contact), entry]);
    }
    for (const listener of this.listeners) listener();
  }
}

/** A random id; `crypto.randomUUID` exists only on https and localhost. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

async function sendToServer(pending: Pending): Promise<void> {
  const message = await post("/contacts/{id}/messages", {
    path: { id: pending.contact },
    body: {
      kind: pending.kind,
      text: pending.text,
      client_msg_id: pending.id,
      attachments: pending.attachments.map((attachment) => attachment.id),
      ...(pending.letter ? { letter: pending.letter } : {}),
      ...(pending.buttons?.length ? { buttons: sendable(pending.buttons) } : {}),
      ...(pending.reply_to ? { reply_to: pending.reply_to } : {}),
      ...(pending.close ? { close: true } : {}),
    },
  });
  const held = queries.getQueryData<MessagePage>(keys.messages(pending.contact));
  const last = held?.items.at(-1)?.seq ?? 0;
  if (held && !held.has_after && message.seq === last + 1) {
    queries.setQueryData<MessagePage>(keys.messages(pending.contact), {
      ...held,
      items: mergeMessages(held.items, [message]),
    });
  } else if (held) {
    // Something came between: fetch rather than show a hole, and do not fail the sending for it.
    await loadMessages(pending.contact, held.has_after ? {} : { after: last }).catch(() => {});
  }
  void refreshContact(pending.contact);
}

export const outbox = new Outbox(sendToServer, browser);

export function usePending(contact: string): readonly Pending[] {
  return useSyncExternalStore(outbox.watch, () => outbox.of(contact));
}

export function useRefused(): readonly Pending[] {
  return useSyncExternalStore(outbox.watch, outbox.refused);
}

/** Of what was sent here, what the thread does not show yet: it may hear of a message before we are answered. */
export function underWay(entries: readonly Pending[], shown: readonly Pick<Message, "client_msg_id">[]): readonly Pending[] {
  if (!entries.length) return entries;
  const arrived = new Set(shown.map((one) => one.client_msg_id));
  return entries.filter((one) => !arrived.has(one.id));
}
