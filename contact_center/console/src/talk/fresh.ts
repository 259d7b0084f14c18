/** Addresses of files live for minutes, a thread stays open for hours. */
import { loadMessages, queries } from "../api/client";
import { keys } from "../api/keys";
import type { Message, MessagePage } from "../api/types";

const SOON = 15;

export function expired(url: string, now = Date.now()): boolean {
  const until = Number(/[?&]e=(\d+)/.exec(url)?.[1] ?? Number.POSITIVE_INFINITY);
  return until - now / 1000 < SOON;
}

/** An address of a file that works now. */
export async function freshUrl(message: Pick<Message, "contact_id" | "seq">, file: string): Promise<string | null> {
  const held = () => {
    const page = queries.getQueryData<MessagePage>(keys.messages(message.contact_id));
    return page?.items.find((one) => one.seq === message.seq)?.attachments.find((one) => one.id === file)?.url ?? null;
  };
  const url = held();
  if (url && !expired(url)) return url;
  await loadMessages(message.contact_id, { after: message.seq - 1, limit: 1 });
  return held();
}
