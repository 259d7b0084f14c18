/** Weekly hours as the service keeps them: pure. A day without spans is closed; no days at all
 *  would mean "always open", so a week without a single span is refused here. */
import type { Hours } from "../../api/types";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];
export type Span = [string, string];
export type SpanFault = "time" | "order" | "overlap";

/** "9" → "09:00", "930" → "09:30", "9.30" → "09:30"; what is no time stays as it is. */
export function tidyTime(text: string): string {
  const digits = text.trim().replaceAll(/[.,;\s-]+/g, ":");
  const parted = /^(\d{1,2})(?::(\d{1,2}))?$/.exec(digits) ?? /^(\d{1,2})(\d{2})$/.exec(digits);
  if (!parted) return text.trim();
  return `${(parted[1] ?? "").padStart(2, "0")}:${(parted[2] ?? "0").padStart(2, "0")}`;
}

/** Minutes since midnight of "HH:MM", 24:00 included; null where it is no time. */
export function minutesOf(text: string): number | null {
  const found = /^(\d{2}):(\d{2})$/.exec(text);
  if (!found) return null;
  const [hours, minutes] = [Number(found[1]), Number(found[2])];
  return minutes > 59 || hours * 60 + minutes > 1440 ? null : hours * 60 + minutes;
}

/** What is wrong with a day's spans; null when nothing is. */
export function dayFault(spans: readonly Span[]): SpanFault | null {
  const times = spans.map(([start, end]) => [minutesOf(start), minutesOf(end)] as const);
  if (times.some(([start, end]) => start === null || end === null)) return "time";
  if (times.some(([start, end]) => (start ?? 0) >= (end ?? 0))) return "order";
  const ordered = [...times].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  return ordered.some(([start], at) => at > 0 && (start ?? 0) < (ordered[at - 1]?.[1] ?? 0)) ? "overlap" : null;
}

export function hoursFault(hours: Hours): boolean {
  return DAYS.some((day) => dayFault(hours[day] ?? []));
}

/** Days in order, closed ones left out, spans by their beginning. */
export function tidyHours(hours: Hours): Hours {
  return Object.fromEntries(DAYS.filter((day) => hours[day]?.length).map((day) => [day, [...(hours[day] ?? [])].sort((a, b) => a[0].localeCompare(b[0]))]));
}

/** A day's next span: the usual one, or from the hour after the last until the evening. */
export function nextSpan(spans: readonly Span[]): Span {
  const last = spans.at(-1);
  if (!last) return ["09:00", "18:00"];
  const start = Math.min((minutesOf(last[1]) ?? 0) + 60, 1380);
  const word = (minutes: number) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  return [word(start), word(Math.min(start + 240, 1440))];
}

export interface Run {
  from: Day;
  to: Day;
  spans: readonly Span[];
}

/** Neighbouring days with the same hours together, closed days left out: for one line of words. */
export function runs(hours: Hours): Run[] {
  const out: (Run & { end: number })[] = [];
  for (const [at, day] of DAYS.entries()) {
    const spans = hours[day] ?? [];
    const last = out.at(-1);
    if (!spans.length) continue;
    if (last && last.end === at - 1 && JSON.stringify(last.spans) === JSON.stringify(spans)) {
      last.to = day;
      last.end = at;
    } else out.push({ from: day, to: day, spans, end: at });
  }
  return out.map(({ from, to, spans }) => ({ from, to, spans }));
}
