/** The texts of explanations: they load with them, so the first load does not carry them. */
import type { Catalogue, Locale, Params } from "../../i18n";
import { makeI18n } from "../../i18n";
import en from "./en.json";
import ru from "./ru.json";

export type Word = keyof typeof en;
const TEXTS: Record<Locale, Record<Word, string>> = { en, ru };

export interface RoutingTexts {
  w: (key: Word, params?: Params) => string;
  /** For keys put together from a code of the server. */
  maybe: (key: string, params?: Params) => string | undefined;
}

export function textsIn(locale: Locale): RoutingTexts {
  const own = makeI18n(TEXTS[locale] as unknown as Catalogue, locale, undefined, () => {});
  return { w: (key, params) => own.t(key as never, params), maybe: own.maybe };
}
