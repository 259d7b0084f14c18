import type { DraftKind } from "../api/types";
import { Store } from "../ui/store";

/** Asked for by shortcuts from anywhere: which tab to open and that the cursor goes there. */
export const wanted = new Store<{ kind: DraftKind; n: number }>({ kind: "reply", n: 0 });

export function focusComposer(kind: DraftKind): void {
  wanted.set((held) => ({ kind, n: held.n + 1 }));
}
