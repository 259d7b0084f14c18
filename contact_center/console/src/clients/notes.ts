/** Notes on clients that are begun and not saved: each waits at its own client, whoever is opened meanwhile. */
import { Store, useStore } from "../ui/store";

const begun = new Store<ReadonlyMap<string, string>>(new Map());

export function beginNote(client: string, text: string): void {
  begun.set((held) => new Map(held).set(client, text));
}

export const begunNote = (client: string): string => begun.get().get(client) ?? "";

/** Saved; what was written on meanwhile stays. */
export function endNote(client: string, saved: string): void {
  if (begunNote(client) === saved) beginNote(client, "");
}

export function forgetNotes(): void {
  begun.set(new Map());
}

export const useBegunNote = (client: string): string => useStore(begun).get(client) ?? "";
