/** Whether the house itself can work: the banner "the database is away". */
import { queries } from "../api/client";
import { get, onAway, Problem } from "../api/http";
import { outbox } from "../inbox/outbox";
import { Store } from "../ui/store";

/** Since when the server answers 503, else null. */
export const awaySince = new Store<number | null>(null);
let probe: ReturnType<typeof setTimeout> | undefined;

function ask(): void {
  probe = setTimeout(async () => {
    try {
      await get("/contacts/counts");
    } catch (error) {
      if (error instanceof Problem && error.status !== 503 && error.status !== 0) awaySince.set(null);
    }
    if (awaySince.get() !== null) ask();
  }, 3000);
}

export function watchService(): () => void {
  onAway((isAway) => {
    if (isAway && awaySince.get() === null) {
      awaySince.set(Date.now());
      ask();
    } else if (!isAway && awaySince.get() !== null) {
      awaySince.set(null);
      clearTimeout(probe);
      outbox.wake();
      void queries.invalidateQueries();
    }
  });
  return () => {
    clearTimeout(probe);
    onAway(() => {});
  };
}
