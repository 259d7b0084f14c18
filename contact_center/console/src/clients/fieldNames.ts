/** The names of a client's own fields: known words of ours, or what people call them. */

/** Those one is offered first; the catalogue has words for them in both languages. */
export const KNOWN_FIELDS = ["city", "company", "position", "birthday", "address", "order", "comment"] as const;

const LONGEST = 40;

/** What somebody typed as the service takes it; empty where nothing is left of it. */
export function fieldName(words: string): string {
  const plain = words.replaceAll(/[^\p{L}\p{N} .,/()_-]+/gu, " ").replaceAll(/\s+/g, " ");
  return plain.replace(/^[^\p{L}]+/u, "").slice(0, LONGEST).trim();
}

/** A name without words in the catalogue: "shoe_size" → "Shoe size". */
export function plainLabel(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}
