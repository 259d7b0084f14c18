/** Which files of a message stand side by side, and which beneath each other. Pure. */
import type { Attachment, Message } from "../api/types";

const PLACEHOLDERS = new Set(["location", "contact"]);

export interface Parts {
  /** Pictures and videos of an album: a grid. */
  grid: readonly Attachment[];
  rest: readonly Attachment[];
}

function isVisual({ kind, state, about }: Attachment): boolean {
  return state === "stored" && (kind === "image" || kind === "video") && !about?.round && !about?.animation;
}

export function partsOf(files: readonly Attachment[]): Parts {
  const visual = files.filter(isVisual);
  if (visual.length < 2) return { grid: [], rest: files };
  return { grid: visual, rest: files.filter((file) => !isVisual(file)) };
}

/** Whether the text only repeats a place or a card that is drawn anyway. */
export function repeats({ text, attachments }: Pick<Message, "text" | "attachments">): boolean {
  if (!attachments.length || !attachments.every(({ kind }) => PLACEHOLDERS.has(kind))) return false;
  const last = text.split("\n").at(-1) ?? "";
  return attachments.some(({ kind, about }) => (kind === "location" ? /^-?\d+(\.\d+)?(e-?\d+)?, -?\d+(\.\d+)?(e-?\d+)?$/.test(last) : Boolean(about?.phone && last.endsWith(about.phone))));
}

/** Where a map shows a place; opened by a click, never by itself. */
export function mapOf(latitude: number, longitude: number): string {
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
}
