/** A browser's storage for tests, which can be full. */
import { Cells } from "./cells";

export function storage(): { cells: Cells; held: Map<string, string>; fill: () => void } {
  const held = new Map<string, string>();
  let full = false;
  const box = {
    get length() {
      return held.size;
    },
    key: (at: number) => [...held.keys()][at] ?? null,
    getItem: (name: string) => held.get(name) ?? null,
    removeItem: (name: string) => void held.delete(name),
    setItem: (name: string, value: string) => {
      if (full) throw new DOMException("full", "QuotaExceededError");
      held.set(name, value);
    },
  };
  return { cells: new Cells(() => box), held, fill: () => void (full = true) };
}
