import { otherLayout } from "../actions/keys";

/** How well a title fits what was typed, 0 best; `also` are further words it answers to. Null where it
 *  does not fit. Typed on the other keyboard layout counts where nothing else fits. */
export function fit(typed: string, title: string, also = ""): number | null {
  return rank(typed, title, also) ?? rank(otherLayout(typed), title, also);
}

function rank(typed: string, title: string, also: string): number | null {
  const words = typed.split(/\s+/).filter(Boolean);
  const own = ` ${title.toLocaleLowerCase()}`;
  const all = `${own} ${also.toLocaleLowerCase()}`;
  if (own.startsWith(` ${words.join(" ")}`)) return 0;
  if (words.every((word) => own.includes(` ${word}`))) return 1;
  if (words.every((word) => all.includes(` ${word}`))) return 2;
  // Within a word: only what is long enough to be meant.
  return words.every((word) => all.includes(` ${word}`) || (word.length > 2 && all.includes(word))) ? 3 : null;
}
