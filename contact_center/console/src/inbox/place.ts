/** Where in the inbox one is: /inbox/<view>/<contact>?queue=<id>. */
import { navigate, usePlace } from "../router";
import type { View } from "../api/types";

export const VIEWS: readonly View[] = ["mine", "offered", "queue", "unread", "waiting", "parked", "closed", "all"];

export interface InboxPlace {
  view: View;
  contact: string | null;
  queue: string | null;
}

export function useInboxPlace(): InboxPlace {
  const { parts, query } = usePlace();
  const view = VIEWS.find((one) => one === parts[1]) ?? "mine";
  return { view, contact: parts[0] === "inbox" ? (parts[2] ?? null) : null, queue: query.get("queue") };
}

export function inboxPath(place: Partial<InboxPlace> & { view: View }): string {
  const path = place.contact ? `/inbox/${place.view}/${place.contact}` : `/inbox/${place.view}`;
  return place.queue ? `${path}?queue=${place.queue}` : path;
}

export function goTo(place: Partial<InboxPlace> & { view: View }): void {
  navigate(inboxPath(place));
}
