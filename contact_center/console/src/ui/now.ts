/** One clock for the page, corrected to the server's: deadlines are the server's, not the desk's. */
import { useSyncExternalStore } from "react";

let offset = 0;

export function serverNow(): number {
  return Date.now() + offset;
}

export function noteServerNow(now: string): void {
  const at = /^\d+(\.\d+)?$/.test(now) ? Number(now) : Date.parse(now);
  if (Number.isFinite(at)) offset = at - Date.now();
}

class Clock {
  private now: number;
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Set<() => void>();
  private readonly interval: number;
  private readonly read: () => number;

  constructor(interval: number, read: () => number) {
    this.interval = interval;
    this.read = read;
    this.now = read();
  }

  get = (): number => this.now;

  watch = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (!this.timer) {
      this.tick();
      this.timer = setInterval(this.tick, this.interval);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  };

  private tick = (): void => {
    this.now = this.read();
    for (const listener of this.listeners) listener();
  };
}

const clocks = { 1000: new Clock(1000, serverNow), 15000: new Clock(15_000, serverNow) };
const own = new Clock(1000, () => Date.now());

/** The server's time in ms, renewed every `interval` ms while somebody looks. */
export function useNow(interval: 1000 | 15_000): number {
  const clock = clocks[interval];
  return useSyncExternalStore(clock.watch, clock.get);
}

/** This machine's own time each second: for how long something has lasted here. */
export function useOwnNow(): number {
  return useSyncExternalStore(own.watch, own.get);
}
