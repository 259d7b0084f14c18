/** Instants of a clock on some wall: zones by their IANA names, undefined for the browser's own. */

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

const two = (n: number) => String(n).padStart(2, "0");

function wallAt(at: number, zone: string | undefined): Wall {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return { year: part("year"), month: part("month"), day: part("day"), hour: part("hour"), minute: part("minute") };
}

const asUtc = (wall: Wall) => Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);

/** When the wall's clock shows that; in the hour that summer time skips, an hour later. */
export function instantOf(wall: Wall, zone: string | undefined): number {
  const wanted = asUtc(wall);
  const off = (at: number) => asUtc(wallAt(at, zone)) - at;
  const first = wanted - off(wanted);
  const second = wanted - off(first);
  return asUtc(wallAt(second, zone)) === wanted ? second : Math.max(first, second);
}

/** Nine o'clock of the next day there. */
export function tomorrowAtNine(now: number, zone: string | undefined): number {
  const { year, month, day } = wallAt(now, zone);
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return instantOf({ year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate(), hour: 9, minute: 0 }, zone);
}

/** 2026-11-28T09:00, as a field for date and time has it. */
export function written(at: number, zone: string | undefined): string {
  const { year, month, day, hour, minute } = wallAt(at, zone);
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** And back; nothing where the field is not filled in. */
export function read(text: string, zone: string | undefined): number | null {
  const found = /^(\d{4,6})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
  if (!found) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  return instantOf({ year, month, day, hour, minute }, zone);
}
