import { createContext, useContext } from "react";
import type en from "./en.json";
import { format, type Params } from "./icu";

export type Locale = "ru" | "en";
export type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;
export type { Params };

const loaders: Record<Locale, () => Promise<{ default: Catalogue }>> = {
  en: () => import("./en.json") as Promise<{ default: Catalogue }>,
  ru: () => import("./ru.json") as Promise<{ default: Catalogue }>,
};

export interface I18n {
  locale: Locale;
  zone: string | undefined;
  t: (key: Key, params?: Params) => string;
  /** For keys put together from a code of the server: undefined where the catalogue is silent. */
  maybe: (key: string, params?: Params) => string | undefined;
  setLocale: (locale: Locale) => void;
}

export const I18nContext = createContext<I18n | null>(null);

export async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  return (await loaders[locale]()).default;
}

export function makeI18n(
  catalogue: Catalogue,
  locale: Locale,
  zone: string | undefined,
  setLocale: (locale: Locale) => void,
): I18n {
  const texts: Record<string, string | undefined> = catalogue;
  return {
    locale,
    zone,
    setLocale,
    t: (key, params) => format(texts[key] ?? key, locale, params),
    maybe: (key, params) => {
      const text = texts[key];
      return text === undefined ? undefined : format(text, locale, params);
    },
  };
}

export function useI18n(): I18n {
  const value = useContext(I18nContext);
  if (!value) throw new Error("I18nContext is missing");
  return value;
}

/** The language to start with: what was chosen here before, else what the browser prefers. */
export function firstLocale(): Locale {
  const kept = localStorage.getItem("cc.locale");
  if (kept === "ru" || kept === "en") return kept;
  const slavic = /^(ru|be|uk|kk)/;
  return navigator.languages.some((language) => slavic.test(language)) ? "ru" : "en";
}

/** What a client of a contact is called. The server knows a name or an address of everybody but visitors of a site. */
export function named(client: { name: string } | undefined, t: I18n["t"]): string {
  return client?.name || t("client.visitor");
}

/** A title the server keeps in both languages, e.g. of a result code. */
export function titled(title: Record<string, string> | string | null | undefined, locale: Locale): string {
  if (!title) return "";
  if (typeof title === "string") return title;
  return title[locale] ?? title.ru ?? title.en ?? "";
}
