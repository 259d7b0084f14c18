/** Pictures within a letter: files of the draft, called by their ids. */
import type { Attachment } from "../api/types";

const NAME = /^cid:([0-9a-f-]{36})@letter$/;
const SHOWN = /<img\b[^<>]*?\ssrc="(cid:[^"]*)"[^<>]*>/g;
/** Wider ones make mail programs scroll. */
const WIDEST = 600;

/** Files just chosen are shown as they are here: the address the service gives lives for minutes. */
const KEPT = 40;
const chosen = new Map<string, string>();

export function isPicture({ type }: Pick<File, "type">): boolean {
  return /^image\/(?:png|jpeg|gif|webp)$/.test(type);
}

export const srcOf = (id: string) => `cid:${id}@letter`;

/** The file that an address within a letter names. */
export function idOf(src: string): string | null {
  return NAME.exec(src)?.[1] ?? null;
}

/** Where the browser finds the picture; null where it is not there any more. */
export function placeOf(src: string, files: readonly Pick<Attachment, "id" | "url">[]): string | null {
  const id = idOf(src);
  const url = files.find((one) => one.id === id)?.url;
  return chosen.get(id ?? "") ?? (url ? `${url}&inline=true` : null);
}

/** The newest only: a browser holds each in memory until it is let go. */
export function keep(id: string, file: Blob): void {
  chosen.set(id, URL.createObjectURL(file));
  for (const [oldest, url] of chosen) {
    if (chosen.size <= KEPT) return;
    chosen.delete(oldest);
    URL.revokeObjectURL(url);
  }
}

export function attrsOf({ id, name, width }: Pick<Attachment, "id" | "name" | "width">): { src: string; alt: string; width: string | null } {
  return { src: srcOf(id), alt: name, width: width ? String(Math.min(width, WIDEST)) : null };
}

/** The HTML without pictures whose files were taken out of the draft. */
export function withoutGone(html: string, files: readonly Pick<Attachment, "id">[]): string {
  return html.replaceAll(SHOWN, (whole, src: string) => (files.some((one) => one.id === idOf(src)) ? whole : ""));
}
