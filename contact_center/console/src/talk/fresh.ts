/** Addresses of files live for minutes, a thread stays open for hours. */
import { type MouseEvent, useRef, useState } from "react";
import { loadMessages, queries } from "../api/client";
import { keys } from "../api/keys";
import type { Attachment, MessagePage } from "../api/types";
import { useRun } from "../ui/useRun";

const SOON = 15;

export function expired(url: string, now = Date.now()): boolean {
  const until = Number(/[?&]e=(\d+)/.exec(url)?.[1] ?? Number.POSITIVE_INFINITY);
  return until - now / 1000 < SOON;
}

/** An address that works now, of a file whose message is in the thread that is held. */
export async function freshUrl(contact: string, file: string): Promise<string | null> {
  const held = () => {
    for (const { seq, attachments } of queries.getQueryData<MessagePage>(keys.messages(contact))?.items ?? []) {
      const url = attachments.find((one) => one.id === file)?.url;
      if (url) return { seq, url };
    }
    return null;
  };
  const before = held();
  if (!before || !expired(before.url)) return before?.url ?? null;
  await loadMessages(contact, { after: before.seq - 1, limit: 1 });
  return held()?.url ?? null;
}

/** The address it was drawn with; a newer one only where that is too old. */
export function useSource({ id, url }: Attachment, contact: string): [string | undefined, () => void] {
  const [source, setSource] = useState(url ?? undefined);
  const asked = useRef(false);
  const renew = () => {
    if (asked.current) return;
    asked.current = true;
    freshUrl(contact, id).then((fresh) => fresh && setSource(fresh), () => {});
  };
  return [source, renew];
}

/** For links that save a file: where the address is too old, a click takes a new one first. */
export function useSaving(contact: string): (event: MouseEvent<HTMLAnchorElement>, file: string) => void {
  const [, run] = useRun();
  return (event, file) => {
    const { href, download } = event.currentTarget;
    if (!expired(href)) return;
    event.preventDefault();
    run(async () => {
      const url = (await freshUrl(contact, file)) ?? href;
      Object.assign(document.createElement("a"), { href: url, download }).click();
    });
  };
}
