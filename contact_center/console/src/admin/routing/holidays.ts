/** Days with other hours than usual: pure. */
import type { Span } from "../queues/hours";

export type Holidays = Record<string, Span[]>;

/** Where people of these zones live; elsewhere the country is chosen by hand. */
const COUNTRIES: Record<string, string> = {
  "Europe/Minsk": "BY", "Europe/Moscow": "RU", "Europe/Kaliningrad": "RU", "Europe/Samara": "RU", "Asia/Yekaterinburg": "RU", "Asia/Novosibirsk": "RU", "Asia/Vladivostok": "RU",
  "Europe/Warsaw": "PL", "Europe/Vilnius": "LT", "Europe/Riga": "LV", "Europe/Tallinn": "EE", "Europe/Kyiv": "UA", "Europe/Berlin": "DE", "Europe/London": "GB", "Europe/Paris": "FR",
  "Asia/Almaty": "KZ", "Asia/Tashkent": "UZ", "Asia/Tbilisi": "GE", "Asia/Yerevan": "AM", "Asia/Baku": "AZ", "America/New_York": "US",
};

export function countryOf(zone: string): string {
  return COUNTRIES[zone] ?? "BY";
}

/** By date; what is past comes apart. */
export function split(holidays: Holidays, today: string): { ahead: string[]; past: string[] } {
  const days = Object.keys(holidays).sort();
  return { ahead: days.filter((day) => day >= today), past: days.filter((day) => day < today).toReversed() };
}

export function without(holidays: Holidays, day: string): Holidays {
  return Object.fromEntries(Object.entries(holidays).filter(([own]) => own !== day));
}

/** What of these is not in the others, or is otherwise there. */
export function differing(holidays: Holidays, others: Holidays): Holidays {
  return Object.fromEntries(Object.entries(holidays).filter(([day, spans]) => JSON.stringify(others[day]) !== JSON.stringify(spans)));
}

/** "Fri, 1 January 2027". */
export function dateWords(day: string, locale: string): string {
  const at = new Date(`${day}T12:00:00Z`);
  if (Number.isNaN(at.getTime())) return day;
  return new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, { weekday: "short", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(at);
}
