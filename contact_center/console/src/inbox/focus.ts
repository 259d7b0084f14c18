import type { DraftKind } from "../api/types";
import { Store } from "../ui/store";

interface Wish {
  contact: string;
  kind: DraftKind;
  n: number;
}

/** Asked for by shortcuts from anywhere: which tab to open and that the cursor goes there. Whoever
 *  asks may have waited for an answer meanwhile: only the composer of that contact obeys. */
export const wanted = new Store<Wish>({ contact: "", kind: "reply", n: 0 });

export function focusComposer(contact: string, kind: DraftKind): void {
  wanted.set((held) => ({ contact, kind, n: held.n + 1 }));
}

/** Whether a composer that has seen the wishes up to `seen` is meant by the newest. */
export const isMeant = (wish: Wish, contact: string, seen: number): boolean => wish.n !== seen && wish.contact === contact;
