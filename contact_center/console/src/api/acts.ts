/** The writes of the console: call, then put what the answer says into the cache. */
import { listsChanged, offersChanged } from "../live/apply";
import { loadMessages, noteContact, queries } from "./client";
import type { Answer, Body } from "./ask";
import { del, patch, post, put, setCsrf } from "./http";
import { keys } from "./keys";
import type { Client, Closing, Contact, Me, Message, Offer } from "./types";

/** What an act tells of its contact; nothing where it went out of sight. */
async function noted(act: Promise<Contact | undefined>): Promise<Contact | undefined> {
  const contact = await act;
  if (contact) noteContact(contact);
  listsChanged();
  return contact;
}

export async function acceptOffer(offer: Offer): Promise<Contact | undefined> {
  try {
    return await noted(post("/offers/{id}/accept", { path: { id: offer.id } }));
  } finally {
    forgetOffer(offer.id);
  }
}

export async function declineOffer(offer: Offer, reason: string): Promise<void> {
  try {
    await post("/offers/{id}/decline", { path: { id: offer.id }, body: { reason } });
  } finally {
    forgetOffer(offer.id);
  }
}

export function forgetOffer(id: string): void {
  const forget = () => queries.setQueryData<Offer[]>(keys.offers, (held) => held?.filter((one) => one.id !== id));
  forget();
  // What is under way was asked for before: it would bring the offer back, and ring.
  void queries.cancelQueries({ queryKey: keys.offers }).then(forget);
  offersChanged();
}

export const takeContact = (id: string) => noted(post("/contacts/{id}/take", { path: { id } }));
export const markSpam = (id: string) => noted(post("/contacts/{id}/spam", { path: { id } }));
export const markNotSpam = (id: string) => noted(post("/contacts/{id}/not-spam", { path: { id } }));

export const closeContact = (id: string, closing: Closing) =>
  noted(post("/contacts/{id}/close", { path: { id }, body: closing }));
export const wrapUp = (id: string, ending: Body<"POST", "/contacts/{id}/wrap-up">) =>
  noted(post("/contacts/{id}/wrap-up", { path: { id }, body: ending }));

export const transferContact = (id: string, to: "operator" | "queue" | "anyone", target: string | null, note: string) =>
  noted(post("/contacts/{id}/transfer", { path: { id }, body: { to, id: target, note } }));
export const parkContact = (id: string, park: Body<"POST", "/contacts/{id}/park">) =>
  noted(post("/contacts/{id}/park", { path: { id }, body: park }));

export async function changeContact(contact: Contact, change: Body<"PATCH", "/contacts/{id}">): Promise<void> {
  noteContact(await patch("/contacts/{id}", { path: { id: contact.id }, body: change, version: contact.version }));
}

export function markRead(contact: string, seq: number): Promise<void> {
  return post("/contacts/{id}/read", { path: { id: contact }, body: { seq } });
}

/** The answer tells of the delivery alone: the message is fetched as it now is. */
async function delivered(message: Message, act: Promise<Answer<"POST", "/messages/{id}/undo">>): Promise<void> {
  await act;
  await loadMessages(message.contact_id, { after: message.seq - 1, limit: 1 });
}

export const undoMessage = (message: Message) =>
  delivered(message, post("/messages/{id}/undo", { path: { id: message.id } }));
export const retryMessage = (message: Message) =>
  delivered(message, post("/messages/{id}/retry", { path: { id: message.id } }));
export const resolveMessage = (message: Message, as: "arrived" | "send_again") =>
  delivered(message, post("/messages/{id}/resolve", { path: { id: message.id }, body: { as } }));

export async function changeClient(client: Client, change: Body<"PATCH", "/clients/{id}">): Promise<void> {
  const changed = await patch("/clients/{id}", { path: { id: client.id }, body: change, version: client.version });
  queries.setQueryData(keys.client(client.id), changed);
  listsChanged();
}

export async function addClientNote(client: string, text: string): Promise<void> {
  await post("/clients/{id}/notes", { path: { id: client }, body: { text } });
  await queries.invalidateQueries({ queryKey: keys.client(client) });
}

let met: (employee: string) => void = () => {};

/** Told who works here before anything is drawn for him. */
export function onMet(call: (employee: string) => void): void {
  met = call;
}

export function noteMe(me: Me): void {
  setCsrf(me.csrf ?? "");
  met(me.employee.id);
  queries.setQueryData(keys.me, me);
}

export async function setPresence(presence: "ready" | "break" | "offline", reason?: string, after = false): Promise<void> {
  const body = { presence, ...(reason ? { reason } : {}), ...(after ? { after_contact: true } : {}) };
  noteMe(await put("/me/presence", { body }));
}

export async function changeMe(change: Body<"PATCH", "/me">): Promise<void> {
  noteMe(await patch("/me", { body: change }));
}

/** The message as it now is; another one's change meanwhile is refused. */
async function amended(message: Message, act: Promise<Message>): Promise<void> {
  await act;
  await loadMessages(message.contact_id, { after: message.seq - 1, limit: 1 });
}

export const changeMessage = (message: Message, text: string) =>
  amended(message, patch("/contacts/{id}/messages/{message_id}", { path: { id: message.contact_id, message_id: message.id }, body: { text }, version: message.version }));
export const deleteMessage = (message: Message) =>
  amended(message, del("/contacts/{id}/messages/{message_id}", { path: { id: message.contact_id, message_id: message.id }, version: message.version }));
