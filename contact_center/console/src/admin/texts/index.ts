/** The administration's own texts: they load with its pages, so the first load does not carry them. */
import { createContext, useContext } from "react";
import { type Catalogue, type I18n, type Locale, makeI18n, type Params, useI18n } from "../../i18n";
import type en from "./en.json";

export type Word = keyof typeof en;

const loaders: Record<Locale, () => Promise<{ default: Record<Word, string> }>> = {
  en: () => import("./en.json"),
  ru: () => import("./ru.json"),
};
const loading = new Map<Locale, Promise<Record<Word, string>>>();

/** One promise per language; a failed load may be tried again. */
export function loadWords(locale: Locale): Promise<Record<Word, string>> {
  let found = loading.get(locale);
  if (!found) {
    found = loaders[locale]().then((module) => module.default);
    found.catch(() => loading.delete(locale));
    loading.set(locale, found);
  }
  return found;
}

export const WordsContext = createContext<Record<Word, string> | null>(null);

export interface AdminI18n extends I18n {
  /** A text of the administration's catalogue. */
  w: (key: Word, params?: Params) => string;
  /** The same for keys put together from a code of the server. */
  maybeWord: (key: string, params?: Params) => string | undefined;
}

/** The console's i18n with the administration's texts beside it. */
export function useWords(): AdminI18n {
  const i18n = useI18n();
  const words = useContext(WordsContext);
  if (!words) throw new Error("WordsContext is missing");
  const own = makeI18n(words as unknown as Catalogue, i18n.locale, i18n.zone, i18n.setLocale);
  return { ...i18n, w: (key, params) => own.t(key as never, params), maybeWord: own.maybe };
}
