/** The texts of messengers' talk: they load with its parts, so the first load does not carry them. */
import { type Catalogue, makeI18n, type Params, useI18n } from "../../i18n";
import { reasonIn } from "../reasons";
import en from "./en.json";
import ru from "./ru.json";

export type Word = keyof typeof en;
const TEXTS: Record<"en" | "ru", Record<Word, string>> = { en, ru };

export interface TalkWords {
  w: (key: Word, params?: Params) => string;
  /** Why something failed; `null` where nobody says. */
  why: (reason: string | null | undefined) => string;
}

export function useTalkWords(): TalkWords {
  const { locale, zone, setLocale } = useI18n();
  const own = makeI18n(TEXTS[locale] as unknown as Catalogue, locale, zone, setLocale);
  const w = (key: Word, params?: Params) => own.t(key as never, params);
  return { w, why: (reason) => (reason ? reasonIn(locale, reason) : w("reason.unknown")) };
}
