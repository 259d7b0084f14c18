/** Drafts, one per contact and kind: kept here at every key, in the browser's storage in case the
 *  network is away, and on the server within two seconds, so that they are restored anywhere. They
 *  are one employee's: whoever else signs in on this page neither sees nor saves them. */
import { useSyncExternalStore } from "react";
import { noteDraft } from "../api/client";
import { Problem, put } from "../api/http";
import type { Attachment, Choice, Draft, DraftKind, LetterDraft } from "../api/types";
import { sameLetter } from "../letters/same";
import { serverNow } from "../ui/now";
import { type Cells, cells as browser } from "./cells";

export interface Kept {
  text: string;
  attachments: Attachment[];
  /** Recipients, subject and HTML, where it is a letter and something of it was chosen. */
  letter: LetterDraft | null;
  buttons: readonly Choice[];
  /** The message that is answered. */
  reply_to: string | null;
  /** Not on the server yet. */
  dirty: boolean;
  /** When it was written, by the server's clock. */
  changedAt: number;
  /** The text that the server was given last or gave us: what was written on. */
  base: string;
  /** Left behind by an earlier page or session: not saved before it is known what the server holds. */
  found: boolean;
  /** The server does not take it as it is. */
  refused: boolean;
}

export type Save = (contact: string, kind: DraftKind, draft: Kept, leaving: boolean) => Promise<void>;

type Written = Pick<Kept, "text" | "attachments" | "letter" | "buttons" | "reply_to">;

/** Nothing is written. */
export const NOTHING: Written = { text: "", attachments: [], letter: null, buttons: [], reply_to: null };
const EMPTY: Kept = { ...NOTHING, dirty: false, changedAt: 0, base: "", found: false, refused: false };
const SAVE_AFTER = 2000;
const RETRY_AFTER = 5000;
/** What nobody came back to so long is forgotten here: mostly of contacts that are out of sight. */
const LEFT_FOR_GOOD = 30 * 24 * 3_600_000;
const UNNAMED = /^cc\.draft\.([^.|]+\|(?:reply|note))$/;
/** A save that hangs longer, in ms, is tried again: others wait for it. */
const PATIENCE = 15_000;

export class Drafts {
  private readonly kept = new Map<string, Kept>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly saving = new Map<string, { draft: Kept; done: Promise<void> }>();
  private readonly listeners = new Set<() => void>();
  private employee = "";
  private isOpen = false;
  private readonly cells: Cells;
  private readonly save: Save;

  constructor(save: Save, cells: Cells) {
    this.save = save;
    this.cells = cells;
  }

  /** This employee writes here now. What he left behind waits for the server's word, contact by contact. */
  open(employee: string): void {
    if (employee !== this.employee) {
      this.kept.clear();
      this.saving.clear();
    }
    for (const [key, kept] of this.kept) if (kept.dirty) this.kept.set(key, { ...kept, found: true, refused: false });
    this.employee = employee;
    this.isOpen = true;
    this.takeUpUnnamed();
    for (const name of this.cells.under(this.nameOf(""))) {
      if (serverNow() - (this.cells.get<Kept>(name)?.changedAt ?? 0) > LEFT_FOR_GOOD) this.cells.drop(name);
    }
    this.tell();
  }

  /** Drafts of pages of before an update bear no name: they are whose browser it is. */
  private takeUpUnnamed(): void {
    for (const name of this.cells.under("cc.draft.")) {
      const key = UNNAMED.exec(name)?.[1];
      if (!key) continue;
      const mine = this.nameOf(key);
      if (!this.cells.get(mine)) this.cells.put(mine, this.cells.get(name));
      this.cells.drop(name);
    }
  }

  /** Nobody is signed in: nothing is saved, for the next session may be another's. */
  close(): void {
    this.isOpen = false;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  read = (contact: string, kind: DraftKind): Kept => {
    const key = `${contact}|${kind}`;
    let kept = this.kept.get(key);
    if (!kept) {
      const stored = this.cells.get<Kept>(this.nameOf(key));
      kept = stored ? { ...EMPTY, ...stored, dirty: true, found: true, refused: false } : EMPTY;
      this.kept.set(key, kept);
    }
    return kept;
  };

  write(contact: string, kind: DraftKind, change: Partial<Written>): void {
    const key = `${contact}|${kind}`;
    this.put(key, { ...this.read(contact, kind), ...change, dirty: true, refused: false, changedAt: serverNow() });
    if (!this.timers.has(key)) this.saveSoon(key, SAVE_AFTER);
  }

  /** What the server holds is taken where nothing is written here that it does not have. What was
   *  found here gives way to what was written elsewhere later; where there is nothing at all, it
   *  stays: it may have been sent there, but words are not thrown away on a guess. */
  adopt(contact: string, kind: DraftKind, draft: Partial<Draft> | null | undefined): void {
    const key = `${contact}|${kind}`;
    const held = this.read(contact, kind);
    if (held.dirty) {
      if (!held.found) return;
      const isNewer = Date.parse(draft?.changed_at ?? "") > held.changedAt && draft?.text !== held.base;
      if (!isNewer) {
        this.put(key, { ...held, found: false });
        this.saveSoon(key, 0);
        return;
      }
    }
    const text = draft?.text ?? "";
    const attachments = draft?.attachments ?? [];
    const letter = draft?.letter ?? null;
    const buttons = draft?.buttons ?? [];
    const reply_to = draft?.reply_to ?? null;
    const same = !held.dirty && text === held.text && reply_to === held.reply_to && attachments.length === held.attachments.length;
    if (same && sameLetter(letter, held.letter) && JSON.stringify(buttons) === JSON.stringify(held.buttons)) return;
    this.put(key, { ...EMPTY, text, attachments, letter, buttons, reply_to, base: text, changedAt: held.changedAt });
  }

  /** Save at once what is not saved: another contact is opened, or the page is left. */
  async flush(leaving = false): Promise<void> {
    await Promise.all([...this.kept.keys()].map((key) => this.saveNow(key, leaving)));
  }

  watch = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private saveSoon(key: string, ms: number): void {
    clearTimeout(this.timers.get(key));
    if (this.isOpen) this.timers.set(key, setTimeout(() => void this.saveNow(key, false), ms));
  }

  private async saveNow(key: string, leaving: boolean): Promise<void> {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    const draft = this.kept.get(key);
    if (!this.isOpen || !draft?.dirty || draft.found || draft.refused) return;
    const running = this.saving.get(key);
    if (running && (running.draft === draft || !leaving)) {
      // One after another: an older one that is answered late must not be the last.
      await running.done;
      if (running.draft !== draft) await this.saveNow(key, false);
      return;
    }
    const given = { ...draft, base: draft.text };
    this.keep(key, given);
    const entry = { draft: given, done: this.give(key, given, leaving) };
    this.saving.set(key, entry);
    await entry.done;
    if (this.saving.get(key) === entry) this.saving.delete(key);
  }

  private async give(key: string, draft: Kept, leaving: boolean): Promise<void> {
    const [contact = "", kind] = key.split("|");
    try {
      await this.save(contact, kind as DraftKind, draft, leaving);
      if (this.kept.get(key) === draft) this.put(key, { ...draft, dirty: false });
    } catch (error) {
      // It stays here and in the browser's storage; tried again until the house answers, unless its
      // answer will be the same as long as nothing else is written.
      if (!isRefusal(error)) this.saveSoon(key, RETRY_AFTER);
      else if (this.kept.get(key) === draft) this.put(key, { ...draft, refused: true });
    }
  }

  private nameOf(key: string): string {
    return `cc.draft.${this.employee}.${key}`;
  }

  private keep(key: string, kept: Kept): void {
    this.kept.set(key, kept);
    if (kept.dirty && this.employee) this.cells.put(this.nameOf(key), kept);
    else this.cells.drop(this.nameOf(key));
  }

  private put(key: string, kept: Kept): void {
    this.keep(key, kept);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Not a fault of the service, nor of a session that another tab has begun anew. */
function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.isFinal && error.status < 500 && error.code !== "csrf";
}

async function saveOnServer(contact: string, kind: DraftKind, draft: Kept, leaving: boolean): Promise<void> {
  const attachments = draft.attachments.map((attachment) => attachment.id);
  await put("/contacts/{id}/drafts/{kind}", {
    path: { id: contact, kind },
    body: { text: draft.text, attachments, letter: draft.letter, buttons: [...draft.buttons], reply_to: draft.reply_to },
    keepalive: leaving,
    signal: AbortSignal.timeout(PATIENCE),
  });
  const { text, letter, reply_to } = draft;
  noteDraft(contact, kind, { text, attachments: draft.attachments, letter, buttons: draft.buttons as Draft["buttons"], reply_to, changed_at: null });
}

export const drafts = new Drafts(saveOnServer, browser);

export function useDraft(contact: string, kind: DraftKind): Kept {
  return useSyncExternalStore(drafts.watch, () => drafts.read(contact, kind));
}
