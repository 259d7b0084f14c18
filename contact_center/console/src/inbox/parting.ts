/** Which contact is about to be split or joined with another one, and the two acts. */
import { loadedAnew, noteContact, queries, refreshContact } from "../api/client";
import { post } from "../api/http";
import type { Contact, Part } from "../api/types";
import { listsChanged } from "../live/apply";
import { Store } from "../ui/store";

export interface Parting {
  act: "split" | "join";
  contact: string;
  /** Where to split; null = to be chosen. */
  message: string | null;
}

export const parting = new Store<Parting | null>(null);

export async function splitContact(id: string, message: string): Promise<Part> {
  const part = await post("/contacts/{id}/split", { path: { id }, body: { message_id: message } });
  noteContact(part.contact);
  changed(id);
  return part;
}

export async function joinContacts(id: string, other: string): Promise<Contact> {
  const contact = await post("/contacts/{id}/join", { path: { id }, body: { other_id: other } });
  noteContact(contact);
  changed(id, other);
  return contact;
}

function changed(...ids: string[]): void {
  for (const id of ids) {
    void refreshContact(id);
    loadedAnew(id);
  }
  for (const beside of ["client", "client-contacts"]) void queries.invalidateQueries({ queryKey: [beside] });
  listsChanged();
}
