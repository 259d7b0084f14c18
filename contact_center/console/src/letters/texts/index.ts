/** The texts of letters: they load with their parts, so the first load does not carry them. */
import { type Catalogue, makeI18n, type Params, useI18n } from "../../i18n";
import en from "./en.json";
import ru from "./ru.json";

export type Word = keyof typeof en;
const TEXTS: Record<"en" | "ru", Record<Word, string>> = { en, ru };

export interface LetterWords {
  l: (key: Word, params?: Params) => string;
  /** For keys put together from a code of the server: undefined where the catalogue is silent. */
  maybeWord: (key: string, params?: Params) => string | undefined;
}

export function useLetterWords(): LetterWords {
  const { locale, zone, setLocale } = useI18n();
  const own = makeI18n(TEXTS[locale] as unknown as Catalogue, locale, zone, setLocale);
  return { l: (key, params) => own.t(key as never, params), maybeWord: own.maybe };
}
