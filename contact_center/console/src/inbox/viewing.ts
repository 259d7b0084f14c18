/** Which picture of which thread is open large. */
import { queries } from "../api/client";
import { keys } from "../api/keys";
import type { Attachment, MessagePage } from "../api/types";
import { Store } from "../ui/store";

export type Picture = Attachment & { url: string };

export interface Viewing {
  contact: string;
  pictures: readonly Picture[];
  at: number;
}

export const viewing = new Store<Viewing | null>(null);

export function isPicture(item: Attachment): item is Picture {
  return item.kind === "image" && item.state === "stored" && Boolean(item.url);
}

export function inline(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}inline=1`;
}

/** Open a picture; beside it stand the others of the thread, as far as it is loaded, or those of
 *  its message while that is on its way. */
export function view(picture: Picture, contact: string, beside: readonly Attachment[]): void {
  const page = queries.getQueryData<MessagePage>(keys.messages(contact));
  const pictures = (page?.items ?? []).flatMap((message) => (message.deleted_at ? [] : message.attachments)).filter(isPicture);
  const shown = pictures.some((one) => one.id === picture.id) ? pictures : beside.filter(isPicture);
  viewing.set({ contact, pictures: shown, at: shown.findIndex((one) => one.id === picture.id) });
}

/** `step` pictures further; the first and the last have no neighbour beyond. */
export function stepped(held: Viewing, step: number): Viewing {
  const { pictures, at } = held;
  return { ...held, at: Math.min(pictures.length - 1, Math.max(0, at + step)) };
}
