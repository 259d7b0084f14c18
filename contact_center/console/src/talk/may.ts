/** Whether a message that has left may still be changed or deleted. Pure. */
import type { Contact, Message } from "../api/types";

const LEFT = new Set(["sent", "delivered", "read"]);

function own(message: Pick<Message, "kind" | "delivery">, contact: Contact | undefined, mine: boolean): boolean {
  return mine && message.kind === "outbound" && Boolean(contact?.can.reply) && LEFT.has(message.delivery.state ?? "");
}

export function mayChange(message: Pick<Message, "kind" | "delivery" | "text">, contact: Contact | undefined, mine: boolean): boolean {
  return own(message, contact, mine) && Boolean(contact?.capabilities.edit && message.text);
}

export function mayDelete(message: Pick<Message, "kind" | "delivery">, contact: Contact | undefined, mine: boolean): boolean {
  return own(message, contact, mine) && Boolean(contact?.capabilities.delete);
}
