/** The writes of the console: call, then put what the answer says into the cache. */
import { listsChanged, offersChanged } from "../live/apply";
import { loadMessages, noteContact, queries } from "./client";
import { patch, post, put, setCsrf } from "./http";
import { keys } from "./keys";
import { mergeMessages } from "./merge";
import type { Client, Contact, Me, Message, MessagePage, Offer, Settings } from "./types";

async function contactAct(path: string, body: unknown = {}): Promise<Contact | undefined> {
  const contact = await post<Contact | undefined>(path, body);
  if (contact?.id) noteContact(contact);
  listsChanged();
  return contact;
}

export async function acceptOffer(offer: Offer): Promise<Contact | undefined> {
  try {
    return await contactAct(`/offers/${offer.id}/accept`);
  } finally {
    forgetOffer(offer.id);
  }
}

export async function declineOffer(offer: Offer, reason: string): Promise<void> {
  try {
    await post(`/offers/${offer.id}/decline`, { reason });
  } finally {
    forgetOffer(offer.id);
  }
}

export function forgetOffer(id: string): void {
  queries.setQueryData<Offer[]>(keys.offers, (held) => held?.filter((one) => one.id !== id));
  offersChanged();
}

export const takeContact = (id: string) => contactAct(`/contacts/${id}/take`);
export const markSpam = (id: string) => contactAct(`/contacts/${id}/spam`);
export const markNotSpam = (id: string) => contactAct(`/contacts/${id}/not-spam`);

export interface Closing {
  result_code_id?: string;
  kind_id?: string;
  note?: string;
}

export const closeContact = (id: string, closing: Closing) => contactAct(`/contacts/${id}/close`, closing);
export const wrapUp = (id: string, closing: Closing & { extend?: boolean }) =>
  contactAct(`/contacts/${id}/wrap-up`, closing);

export const transferContact = (id: string, to: "operator" | "queue", target: string, note: string) =>
  contactAct(`/contacts/${id}/transfer`, { to, id: target, note, keep_seniority: true });

export async function changeContact(contact: Contact, change: { kind_id?: string | null; subject?: string }): Promise<void> {
  noteContact(await patch<Contact>(`/contacts/${contact.id}`, change, contact.version));
}

export function markRead(contact: string, seq: number): Promise<void> {
  return post<void>(`/contacts/${contact}/read`, { seq });
}

async function messageAct(message: Message, act: string, body: unknown = {}): Promise<void> {
  const changed = await post<Message | undefined>(`/messages/${message.id}/${act}`, body);
  if (changed?.id) {
    queries.setQueryData<MessagePage>(keys.messages(message.contact_id), (held) =>
      held ? { ...held, items: mergeMessages(held.items, [changed]) } : held,
    );
  } else await loadMessages(message.contact_id, { after: message.seq - 1, limit: 1 });
}

export const undoMessage = (message: Message) => messageAct(message, "undo");
export const retryMessage = (message: Message) => messageAct(message, "retry");
export const resolveMessage = (message: Message, as: "arrived" | "send_again") =>
  messageAct(message, "resolve", { as });

export async function changeClient(client: Client, change: Partial<Pick<Client, "name" | "stage" | "fields">>): Promise<void> {
  const changed = await patch<Client>(`/clients/${client.id}`, change, client.version);
  queries.setQueryData(keys.client(client.id), changed);
  listsChanged();
}

export async function addClientNote(client: string, text: string): Promise<void> {
  await post(`/clients/${client}/notes`, { text });
  await queries.invalidateQueries({ queryKey: keys.client(client) });
}

export function noteMe(me: Me): void {
  setCsrf(me.csrf);
  queries.setQueryData(keys.me, me);
}

async function refreshMe(answer: Me | undefined): Promise<void> {
  if (answer?.employee) noteMe(answer);
  else await queries.invalidateQueries({ queryKey: keys.me });
}

export async function setPresence(presence: "ready" | "break" | "offline", reason?: string, after = false): Promise<void> {
  const body = { presence, ...(reason ? { reason } : {}), ...(after ? { after_contact: true } : {}) };
  await refreshMe(await put<Me | undefined>("/me/presence", body));
}

export async function changeMe(change: { locale?: string; zone?: string; name?: string; settings?: Settings }): Promise<void> {
  await refreshMe(await patch<Me | undefined>("/me", change));
}
