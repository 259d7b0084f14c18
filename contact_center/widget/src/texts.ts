// The launcher's own words. The panel's come with the session, from web/texts/widget.<lang>.json:
// one catalogue on the server, and no visitor loads a language he does not read.
export type Lang = "ru" | "en";

type Words = [open: string, close: string, unread: string, connecting: string, offline: string];
export const launcher: Record<Lang, Words> = {
  ru: ["Открыть чат", "Закрыть чат", "Непрочитанных сообщений", "Соединяемся…", "Нет связи"],
  en: ["Open chat", "Close chat", "Unread messages", "Connecting…", "No connection"],
};

/** The visitor's language: asked for, else the site's, else the browser's. Our own page has none. */
export function pickLang(asked: string | undefined, own: boolean): Lang {
  const all = [asked === "auto" ? "" : asked, own ? "" : document.documentElement.lang, ...navigator.languages];
  for (const one of all) {
    const short = (one ?? "").slice(0, 2).toLowerCase();
    if (short === "ru" || short === "be" || short === "uk" || short === "kk") return "ru";
    if (short === "en") return "en";
  }
  return "en";
}
