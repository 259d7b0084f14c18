/** The stretch of recorded time a policy is tried on: pure. */
import { minutesOf } from "../../queues/hours";

export type When = "last" | "yesterday" | "day";

export interface Asked {
  when: When;
  /** "2026-11-26" */
  date: string;
  from: string;
  to: string;
}

const MINUTE = 60_000;

/** What a wall clock of this zone shows at an instant, as if it were UTC. */
function wallOf(zone: string | undefined, at: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/** The instant at which clocks of this zone show so many minutes after midnight of a day. */
export function instantAt(zone: string | undefined, date: string, minutes: number): number {
  const wanted = Date.parse(`${date}T00:00:00Z`) + minutes * MINUTE;
  const first = wanted - (wallOf(zone, wanted) - wanted);
  return first + (wanted - wallOf(zone, first)); // once more, for the zone may have changed its clocks between
}

export function dateIn(zone: string | undefined, at: number): string {
  return new Date(wallOf(zone, at)).toISOString().slice(0, 10);
}

/** The two instants; nothing where the times are none, or not in order. The last 24 hours need none. */
export function windowOf(asked: Asked, zone: string | undefined, now: number): { since?: string; until?: string } | null {
  if (asked.when === "last") return {};
  const date = asked.when === "yesterday" ? dateIn(zone, now - 24 * 60 * MINUTE) : asked.date;
  const [from, to] = asked.when === "yesterday" ? [0, 1440] : [minutesOf(asked.from), minutesOf(asked.to)];
  if (from === null || to === null || to - from < 10 || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return null;
  const since = instantAt(zone, date, from);
  if (since >= now) return null;
  return { since: new Date(since).toISOString(), until: new Date(instantAt(zone, date, to)).toISOString() };
}
