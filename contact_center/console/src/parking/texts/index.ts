/** The texts of parking: they load with its dialog, so the first load does not carry them. */
import { useMemo } from "react";
import type { Catalogue, Locale, Params } from "../../i18n";
import { makeI18n, useI18n } from "../../i18n";
import en from "./en.json";
import ru from "./ru.json";

export type Word = keyof typeof en;
const TEXTS: Record<Locale, Record<Word, string>> = { en, ru };

export function useParkingWords(): (key: Word, params?: Params) => string {
  const { locale } = useI18n();
  return useMemo(() => {
    const own = makeI18n(TEXTS[locale] as unknown as Catalogue, locale, undefined, () => {});
    return (key, params) => own.t(key as never, params);
  }, [locale]);
}
