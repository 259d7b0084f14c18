/** Drafts, one per contact and kind: kept here at every key, in the browser's storage in case the
 *  network is away, and on the server within two seconds, so that they are restored anywhere. */
import { useSyncExternalStore } from "react";
import { put } from "../api/http";
import type { Attachment, Choice, Draft, DraftKind, LetterDraft } from "../api/types";
import { sameLetter } from "../letters/same";

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
  changedAt: number;
}

export type Save = (contact: string, kind: DraftKind, draft: Kept, leaving: boolean) => Promise<void>;

type Written = Pick<Kept, "text" | "attachments" | "letter" | "buttons" | "reply_to">;

/** Nothing is written. */
export const NOTHING: Written = { text: "", attachments: [], letter: null, buttons: [], reply_to: null };
const EMPTY: Kept = { ...NOTHING, dirty: false, changedAt: 0 };
const SAVE_AFTER = 2000;
const RETRY_AFTER = 5000;
/** An answer asked for before our last change may still be on its way. */
const SETTLED_AFTER = 10_000;

export class Drafts {
  private readonly kept = new Map<string, Kept>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly listeners = new Set<() => void>();
  private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null;
  private readonly save: Save;

  constructor(save: Save, storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null) {
    this.save = save;
    this.storage = storage;
  }

  read = (contact: string, kind: DraftKind): Kept => {
    const key = `${contact}|${kind}`;
    let kept = this.kept.get(key);
    if (!kept) {
      kept = this.stored(key) ?? EMPTY;
      this.kept.set(key, kept);
      if (kept.dirty) this.saveSoon(key, 0);
    }
    return kept;
  };

  write(contact: string, kind: DraftKind, change: Partial<Written>): void {
    const key = `${contact}|${kind}`;
    const kept: Kept = { ...this.read(contact, kind), ...change, dirty: true, changedAt: Date.now() };
    this.put(key, kept);
    if (!this.timers.has(key)) this.saveSoon(key, SAVE_AFTER);
  }

  /** What the server holds is taken where nothing was written here lately. */
  adopt(contact: string, kind: DraftKind, draft: Partial<Draft> | null | undefined, now = Date.now()): void {
    const held = this.read(contact, kind);
    if (held.dirty || now - held.changedAt < SETTLED_AFTER) return;
    const text = draft?.text ?? "";
    const attachments = draft?.attachments ?? [];
    const letter = draft?.letter ?? null;
    const buttons = draft?.buttons ?? [];
    const reply_to = draft?.reply_to ?? null;
    const same = text === held.text && reply_to === held.reply_to && attachments.length === held.attachments.length;
    if (same && sameLetter(letter, held.letter) && JSON.stringify(buttons) === JSON.stringify(held.buttons)) return;
    this.put(`${contact}|${kind}`, { text, attachments, letter, buttons, reply_to, dirty: false, changedAt: held.changedAt });
  }

  /** Save at once what is not saved: another contact is opened, or the page is left. */
  flush(leaving = false): void {
    for (const [key, kept] of this.kept) {
      if (kept.dirty) void this.saveNow(key, leaving);
    }
  }

  watch = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private saveSoon(key: string, ms: number): void {
    clearTimeout(this.timers.get(key));
    this.timers.set(key, setTimeout(() => void this.saveNow(key, false), ms));
  }

  private async saveNow(key: string, leaving: boolean): Promise<void> {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    const draft = this.kept.get(key);
    if (!draft?.dirty) return;
    const [contact = "", kind] = key.split("|");
    try {
      await this.save(contact, kind as DraftKind, draft, leaving);
      if (this.kept.get(key) === draft) this.put(key, { ...draft, dirty: false });
    } catch {
      // It stays dirty here and in the browser's storage; try again until the house answers.
      this.saveSoon(key, RETRY_AFTER);
    }
  }

  private put(key: string, kept: Kept): void {
    this.kept.set(key, kept);
    if (kept.dirty) this.storage?.setItem(`cc.draft.${key}`, JSON.stringify(kept));
    else this.storage?.removeItem(`cc.draft.${key}`);
    for (const listener of this.listeners) listener();
  }

  private stored(key: string): Kept | null {
    const raw = this.storage?.getItem(`cc.draft.${key}`);
    if (!raw) return null;
    try {
      return { ...EMPTY, ...(JSON.parse(raw) as Kept), dirty: true };
    } catch {
      return null;
    }
  }
}

async function saveOnServer(contact: string, kind: DraftKind, draft: Kept, leaving: boolean): Promise<void> {
  const attachments = draft.attachments.map((attachment) => attachment.id);
  await put("/contacts/{id}/drafts/{kind}", {
    path: { id: contact, kind },
    body: { text: draft.text, attachments, letter: draft.letter, buttons: [...draft.buttons], reply_to: draft.reply_to },
    keepalive: leaving,
  });
}

export const drafts = new Drafts(saveOnServer, typeof localStorage === "undefined" ? null : localStorage);

export function useDraft(contact: string, kind: DraftKind): Kept {
  return useSyncExternalStore(drafts.watch, () => drafts.read(contact, kind));
}
