/** Instants worded for people. Everything goes through Intl with the operator's own time zone. */
import type { I18n } from "./index";

const formats = new Map<string, Intl.DateTimeFormat>();

function formatter(i18n: I18n, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${i18n.locale}|${i18n.zone ?? ""}|${name}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(i18n.locale === "en" ? "en-GB" : i18n.locale, { ...options, timeZone: i18n.zone });
    formats.set(key, found);
  }
  return found;
}

export function clock(i18n: I18n, at: string | number | Date): string {
  return formatter(i18n, "clock", { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

/** One string per calendar day in the operator's zone: equal strings = the same day. */
export function dayKey(i18n: I18n, at: string | number | Date): string {
  return formatter(i18n, "key", { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at));
}

export function day(i18n: I18n, at: string | number | Date, now: number): string {
  const key = dayKey(i18n, at);
  if (key === dayKey(i18n, now)) return i18n.t("time.today");
  if (key === dayKey(i18n, now - 86_400_000)) return i18n.t("time.yesterday");
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return sameYear
    ? formatter(i18n, "day", { day: "numeric", month: "long", weekday: "short" }).format(new Date(at))
    : date(i18n, at);
}

/** For list rows: the clock today, then the day and month, then the year too. */
export function stamp(i18n: I18n, at: string | number | Date, now: number): string {
  if (dayKey(i18n, at) === dayKey(i18n, now)) return clock(i18n, at);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return sameYear
    ? formatter(i18n, "short", { day: "numeric", month: "short" }).format(new Date(at))
    : formatter(i18n, "shortYear", { day: "2-digit", month: "2-digit", year: "2-digit" }).format(new Date(at));
}

/** A day of the past by itself: 28 ноября 2026 г. */
export function date(i18n: I18n, at: string | number | Date): string {
  return formatter(i18n, "dayYear", { day: "numeric", month: "long", year: "numeric" }).format(new Date(at));
}

export function full(i18n: I18n, at: string | number | Date): string {
  return formatter(i18n, "full", { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}

/** A duration in its largest useful unit: 45 s, 4 min, 3 h, 2 d. `ms` below zero counts as zero. */
export function lasting(i18n: I18n, ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return i18n.t("time.seconds", { n: seconds });
  if (seconds < 3600) return i18n.t("time.minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 86_400) return i18n.t("time.hours", { n: Math.floor(seconds / 3600) });
  return i18n.t("time.days", { n: Math.floor(seconds / 86_400) });
}

/** A range of minutes: up to 1 min, 2–5 min, 1–3 h. */
export function spanning(i18n: I18n, low: number, high: number): string {
  const hours = high >= 120;
  const [from, to] = hours ? [Math.floor(low / 60), Math.ceil(high / 60)] : [low, high];
  const words = i18n.t(hours ? "time.hours" : "time.minutes", { n: to });
  return from < 1 || low === 1 || from === to ? i18n.t("time.up_to", { span: words }) : `${from}–${words}`;
}

/** A running clock for a state that may last days: the clock, then only the days. */
export function running(i18n: I18n, ms: number): string {
  return ms >= 86_400_000 ? lasting(i18n, ms) : ticking(ms);
}

/** A running clock: 0:07, 12:40, 1:02:03. */
export function ticking(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}
