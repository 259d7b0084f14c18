/** How the messages of a thread stand together. Pure. */
import type { Message } from "../api/types";

const TOGETHER = 4 * 60_000;

/** Do two messages stand together, without repeating who speaks? */
export function together(a: Message | undefined, b: Message): boolean {
  if (!a || a.kind !== b.kind || a.author?.id !== b.author?.id || b.kind === "system") return false;
  return Date.parse(b.created_at) - Date.parse(a.created_at) < TOGETHER;
}

export interface Day {
  key: string;
  at: string;
  messages: Message[];
}

/** Messages of one calendar day stand together, so that its heading leaves with it. */
export function byDay(messages: readonly Message[], keyOf: (at: string) => string): Day[] {
  const days: Day[] = [];
  for (const message of messages) {
    const key = keyOf(message.created_at);
    const last = days.at(-1);
    if (last?.key === key) last.messages.push(message);
    else days.push({ key, at: message.created_at, messages: [message] });
  }
  return days;
}
