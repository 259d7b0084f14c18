/** Why something did not get through, in the reader's language. Adapters say it in English, with
 *  the provider's own words in brackets behind: these stay as they came, being evidence. Pure. */
import russian from "./texts/reasons.ru.json";

const HOLE = "{}";
const KNOWN: Readonly<Record<string, string>> = russian;
const PATTERNS = Object.entries(KNOWN)
  .filter(([english]) => english.includes(HOLE))
  .map(([english, words]) => [new RegExp(`^${english.split(HOLE).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.*?)")}$`, "s"), words] as const);

function known(reason: string): string | undefined {
  const words = KNOWN[reason];
  if (words) return words;
  for (const [pattern, to] of PATTERNS) {
    const found = pattern.exec(reason);
    if (!found) continue;
    let at = 0;
    return to.replaceAll(HOLE, () => {
      at += 1;
      return inRussian(found[at] ?? "");
    });
  }
  return undefined;
}

function inRussian(reason: string): string {
  const whole = known(reason);
  if (whole) return whole;
  // Words that end in brackets of their own are known as a whole.
  const open = reason.indexOf(" (");
  const evidence = open > 0 && reason.endsWith(")") ? reason.slice(open) : "";
  const bare = evidence && known(reason.slice(0, open));
  if (bare) return bare + evidence;
  const last = reason.lastIndexOf(" (");
  const inner = last > open && known(reason.slice(0, last));
  return inner ? inner + reason.slice(last) : reason;
}

export function reasonIn(locale: "ru" | "en", reason: string): string {
  return locale === "ru" ? inRussian(reason) : reason;
}

/** Recipients who get a letter later, each with his server's words; none where a reason is of another kind. */
export function postponed(reason: string): { address: string; reason: string }[] {
  const found = reason.split("; ").map((one) => /^([^\s:;]+@[^\s:;]+): (.+)$/s.exec(one));
  return found.every(Boolean) ? found.map((one) => ({ address: one?.[1] ?? "", reason: one?.[2] ?? "" })) : [];
}
