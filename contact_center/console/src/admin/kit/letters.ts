/** What a queue or a brand says in letters, as a form has it and as the API takes it: pure. */
import type { TwoTexts } from "./fields";

type Part = "signature" | "confirmation" | "too_large" | "mail_form" | "bot";
type Kept = Record<string, Record<string, string>> | undefined;

export function textsOf(letters: Kept, part: Part): TwoTexts {
  return { ru: letters?.[part]?.ru ?? "", en: letters?.[part]?.en ?? "" };
}

/** Empty texts are left out, and a part without any. */
export function lettersOf(parts: Partial<Record<Part, TwoTexts>>): Partial<Record<Part, Partial<TwoTexts>>> {
  const told = Object.entries(parts).map(([part, texts]) => [part, Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim()))] as const);
  return Object.fromEntries(told.filter(([, texts]) => Object.keys(texts).length));
}

/** Placeholders that nobody fills in, e.g. a {nmae}. */
export function unknownIn(texts: TwoTexts, known: readonly string[]): string[] {
  const named = Object.values(texts).flatMap((text) => [...text.matchAll(/\{([^{}\s]{0,30})\}/g)].map(([, name]) => name ?? ""));
  return [...new Set(named.filter((name) => !known.includes(name)))];
}
