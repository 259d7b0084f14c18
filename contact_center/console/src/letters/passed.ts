/** What a letter that is passed on says: pure. */
import type { LetterDraft, Message } from "../api/types";
import { type Box, shown } from "./mail";
import { bareSubject } from "./subjects";

/** A message holds 20,000 characters: the rest is left for whoever passes it on. */
const MOST = 15_000;

export interface Passed {
  from: string;
  to: readonly Box[];
  date: string;
  subject: string;
  /** None where the letter stands below as it came, page and pictures and all. */
  text: string | null;
}

type Say = (key: "forward.line" | "forward.from" | "forward.date" | "forward.subject" | "forward.to", params?: { text: string }) => string;

/** What stands below the words of whoever passes a letter on. */
export function passedOn({ from, to, date, subject, text }: Passed, l: Say): string {
  const lines = [
    l("forward.line"),
    from && l("forward.from", { text: from }),
    date && l("forward.date", { text: date }),
    subject && l("forward.subject", { text: subject }),
    to.length > 0 && l("forward.to", { text: to.map(shown).join(", ") }),
  ];
  const head = `\n\n${lines.filter(Boolean).join("\n")}`;
  if (text === null) return head;
  const whole = text.trim();
  return `${head}\n\n${whole.length > MOST ? `${whole.slice(0, MOST)}\n[…]` : whole}`;
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const asHtml = (text: string) => text.split("\n").map((line) => `<div>${escaped(line) || "<br>"}</div>`).join("");

/** The draft that passes a letter on, below what stood in it. */
export function forwardedDraft(message: Pick<Message, "id">, subject: string, below: string, held: { text: string; letter: LetterDraft | null }, whole = false): { text: string; letter: LetterDraft } {
  const above = held.letter?.html || (held.text ? asHtml(held.text) : "");
  return {
    text: held.text + below,
    letter: { to: [], cc: [], bcc: [], subject: `Fwd: ${bareSubject(subject) || subject}`.trim(), html: above + asHtml(below), quote: false, forwards: message.id, whole },
  };
}
