/** Marked-up text: spans counted in characters (code points), as the service has them. Pure. */

export interface Entity {
  type: string;
  offset: number;
  length: number;
  url?: string;
  language?: string;
}

export interface Marked {
  type: string;
  /** An address that may be opened, where the entity is one. */
  href: string | null;
  language: string;
  parts: Piece[];
}
export type Piece = string | Marked;

const SAFE = /^(https?:\/\/|mailto:|tel:)/i;

function isEntity(value: unknown): value is Entity {
  const one = value as Partial<Entity> | null;
  return typeof one === "object" && one !== null && typeof one.type === "string" && Number.isInteger(one.offset) && Number.isInteger(one.length);
}

/** The entities of a message; what cannot be read is left out. */
export function entitiesOf({ entities }: Record<string, unknown>): Entity[] {
  return Array.isArray(entities) ? entities.filter(isEntity) : [];
}

/** The text in pieces, those that are marked with what is marked inside them. */
export function pieces(text: string, entities: readonly Entity[]): Piece[] {
  const characters = [...text];
  const sorted = entities
    .filter(({ offset, length }) => offset >= 0 && length > 0 && offset + length <= characters.length)
    .toSorted((a, b) => a.offset - b.offset || b.length - a.length);
  return within(characters, sorted, 0, characters.length);
}

function within(characters: readonly string[], entities: readonly Entity[], from: number, to: number): Piece[] {
  const found: Piece[] = [];
  let at = from;
  for (let next = 0; next < entities.length; ) {
    const entity = entities[next] as Entity;
    const end = Math.min(to, entity.offset + entity.length);
    let last = next + 1;
    while (last < entities.length && (entities[last] as Entity).offset < end) last += 1;
    if (entity.offset > at) found.push(characters.slice(at, entity.offset).join(""));
    const inside = entities.slice(next + 1, last);
    const words = characters.slice(entity.offset, end).join("");
    found.push({ type: entity.type, href: hrefOf(entity, words), language: entity.language ?? "", parts: within(characters, inside, entity.offset, end) });
    at = end;
    next = last;
  }
  if (at < to) found.push(characters.slice(at, to).join(""));
  return found;
}

function hrefOf(entity: Entity, words: string): string | null {
  const said: Record<string, string> = {
    text_link: entity.url ?? "",
    url: /^[a-z][a-z0-9+.-]*:/i.test(words) ? words : `https://${words}`,
    email: `mailto:${words}`,
    phone_number: `tel:${words.replace(/[^+\d]/g, "")}`,
  };
  const href = said[entity.type] ?? "";
  return SAFE.test(href) ? href : null;
}
