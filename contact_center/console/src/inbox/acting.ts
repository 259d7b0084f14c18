/** Which message something is being done with, beneath it in the thread. */
import { useSyncExternalStore } from "react";
import { Store } from "../ui/store";

export type Act = "edit" | "delete" | "history";

export const acting = new Store<{ message: string; act: Act } | null>(null);

export function useActing(message: string): Act | null {
  return useSyncExternalStore(acting.watch, () => {
    const held = acting.get();
    return held?.message === message ? held.act : null;
  });
}
