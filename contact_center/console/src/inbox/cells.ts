/** Cells of the browser's storage, each of one thing. It may be full or forbidden: what cannot be
 *  kept there lives as long as the page, and nothing that is typed or sent waits for it. */
type Box = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export class Cells {
  private readonly reach: () => Box;

  constructor(reach: () => Box) {
    this.reach = reach;
  }

  get<T>(name: string): T | null {
    return this.attempt((box) => JSON.parse(box.getItem(name) ?? "null") as T | null, null);
  }

  put(name: string, value: unknown): void {
    this.attempt((box) => box.setItem(name, JSON.stringify(value)), undefined);
  }

  drop(name: string): void {
    this.attempt((box) => box.removeItem(name), undefined);
  }

  /** The names that begin so. */
  under(start: string): string[] {
    return this.attempt((box) => Array.from({ length: box.length }, (_, at) => box.key(at) ?? "").filter((name) => name.startsWith(start)), []);
  }

  private attempt<T>(act: (box: Box) => T, otherwise: T): T {
    try {
      return act(this.reach());
    } catch {
      return otherwise;
    }
  }
}

export const cells = new Cells(() => localStorage);
