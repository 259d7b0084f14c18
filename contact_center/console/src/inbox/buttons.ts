/** Buttons under a reply that is being written. Pure. */
import type { Choice } from "../api/types";

const LONGEST_VALUE = 64;
const URL = /^https?:\/\/\S+$/;

/** Whether a button cannot be sent as it is: it says nothing, or leads nowhere. */
export function unfinished({ text, url }: Choice): boolean {
  return !text.trim() || (typeof url === "string" && !URL.test(url.trim()));
}

/** As they are sent. A press comes back with the words themselves, or with the button's number
 *  where the words are longer than a press can carry. */
export function sendable(buttons: readonly Choice[]): Choice[] {
  return buttons.map(({ text, value, url }, at) => {
    const words = text.trim();
    if (typeof url === "string") return { text: words, value: "", url: url.trim() };
    const fits = new TextEncoder().encode(words).length <= LONGEST_VALUE;
    return { text: words, value: value || (fits ? words : String(at + 1)) };
  });
}

export function moved(buttons: readonly Choice[], at: number, step: number): Choice[] {
  const list = [...buttons];
  const [one] = list.splice(at, 1);
  if (one) list.splice(at + step, 0, one);
  return list;
}
