/** Figures of a dry run as numbers in words: pure. */
import type { DryRunMean } from "../../../api/generated";

export type Unit = "seconds" | "count" | "share";

const HIGHER_IS_BETTER = new Set(["service_level"]);
const NEITHER = new Set(["occupancy", "relaxed", "came"]);

export function unitOf(name: string): Unit {
  if (name.endsWith("_wait")) return "seconds";
  return name === "came" || name === "missed_offers" ? "count" : "share";
}

/** "12.4 %", "1 240 s", "35": one digit behind the point, none where it says nothing. */
export function said(value: number, unit: Unit, locale: string, seconds: string): string {
  const digits = Math.abs(value) >= 100 || unit === "count" ? 0 : 1;
  const number = new Intl.NumberFormat(locale === "en" ? "en-GB" : locale, { maximumFractionDigits: digits }).format(value);
  return `${number}${unit === "share" ? " %" : unit === "seconds" ? ` ${seconds}` : ""}`.trim();
}

/** Whether a difference is good news; `same`: chance alone could have made it. */
export function verdictOf(name: string, difference: DryRunMean): "better" | "worse" | "other" | "same" {
  if (!difference.certain) return "same";
  if (NEITHER.has(name)) return "other";
  return difference.mean > 0 === HIGHER_IS_BETTER.has(name) ? "better" : "worse";
}
