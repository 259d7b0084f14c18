/** Which messages are letters, and where in a thread a subject is worth a line: at the first
 *  letter, and where it changes. Pure. */
import type { Message } from "../api/types";

const PREFIX = /^\s*(?:(?:re|fwd?|aw|wg|sv|vs|odp|tr|rv|ha|отв|пересл|нп)\s*(?:\[\d+\])?\s*:\s*)+/i;

/** A subject without what answering and forwarding put before it. */
export function bareSubject(subject: string): string {
  return subject.replace(PREFIX, "").trim();
}

export function isLetter({ data, has_body }: Pick<Message, "data" | "has_body">): boolean {
  return Boolean(data.mail ?? data.letter) || has_body;
}

function subjectOf({ data }: Message): string {
  const letter = data.letter as { subject?: string } | undefined;
  return String(letter?.subject ?? data.subject ?? "");
}

/** The subjects to show, by message. */
export function subjectsOf(messages: readonly Message[]): ReadonlyMap<string, string> {
  const shown = new Map<string, string>();
  let last: string | null = null;
  for (const message of messages) {
    const subject = isLetter(message) ? subjectOf(message) : "";
    const bare = bareSubject(subject).toLocaleLowerCase();
    if (!bare || bare === last) continue;
    last = bare;
    shown.set(message.id, subject);
  }
  return shown;
}
