/** The order of a short list, and codes made of titles: pure. */

interface Placed {
  id: string;
  position: number;
}

/** Which positions change when one entry moves up (-1) or down (1) by one place. */
export function movedPositions(entries: readonly Placed[], id: string, by: -1 | 1): Placed[] {
  const order = [...entries];
  const at = order.findIndex((one) => one.id === id);
  const moved = order[at];
  if (!moved || at + by < 0 || at + by >= order.length) return [];
  order.splice(at, 1);
  order.splice(at + by, 0, moved);
  return order.flatMap((one, position) => (one.position === position ? [] : [{ id: one.id, position }]));
}

const LATIN: Record<string, string> = {
  а: "a", б: "b", в: "v", г: "g", д: "d", е: "e", ё: "e", ж: "zh", з: "z", и: "i", й: "y", к: "k", л: "l", м: "m", н: "n", о: "o",
  п: "p", р: "r", с: "s", т: "t", у: "u", ў: "u", ф: "f", х: "h", ц: "c", ч: "ch", ш: "sh", щ: "sch", ъ: "", ы: "y", ь: "", э: "e",
  ю: "yu", я: "ya", і: "i",
};

/** A code for a title: "Возврат оформлен" → "vozvrat_oformlen". */
export function codeFrom(title: string): string {
  const latin = [...title.toLowerCase()].map((sign) => LATIN[sign] ?? sign).join("");
  return latin.replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "").slice(0, 40).replace(/_+$/, "");
}
