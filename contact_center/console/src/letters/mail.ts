/** What the service tells of a letter that came (`data.mail`), and what of it is to be said. Pure. */
import type { Contact, Message } from "../api/types";

export interface Box {
  address: string;
  name: string;
}
export interface Bounce {
  action: string;
  status: string | null;
  recipient: string | null;
  reason: string;
}
export interface Invitation {
  method: string;
  summary: string;
  starts: string;
  ends: string;
  place: string;
  organizer: string;
}
export type Check = "spf" | "dkim" | "dmarc";
export interface Mail {
  from: Box | null;
  to: Box[];
  cc: Box[];
  reply_to: Box[];
  verdict: Partial<Record<Check, string>>;
  aligned: boolean | null;
  doubtful: boolean;
  own: boolean;
  automatic: string | null;
  bounces: Bounce[];
  invitations: Invitation[];
  protection: string[];
  remote_images: number;
  shortened: boolean;
  warnings: string[];
}

const NOTHING: Mail = {
  from: null, to: [], cc: [], reply_to: [], verdict: {}, aligned: null, doubtful: false, own: false, automatic: null,
  bounces: [], invitations: [], protection: [], remote_images: 0, shortened: false, warnings: [],
};

/** The letter that came with a message; empty things are left out on the wire. */
export function mailOf({ data }: Pick<Message, "data">): Mail | null {
  return data.mail ? { ...NOTHING, ...(data.mail as Partial<Mail>) } : null;
}

export interface Chosen {
  to?: Box[];
  cc?: Box[];
  bcc?: Box[];
  subject?: string;
  html?: string;
  automatic?: boolean;
  forwards?: string;
}

/** What was chosen for a letter of ours. */
export function chosenOf({ data }: Pick<Message, "data">): Chosen {
  return (data.letter ?? {}) as Chosen;
}

const TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d)(?: (\S+))?$/;

/** The instant of an invitation's time ("2026-01-05 10:00 Europe/Moscow"); null where no zone, or
 *  one that nobody knows, says which. */
export function instantOf(time: string): Date | null {
  const [, day, clock, zone] = TIME.exec(time) ?? [];
  if (!day || !zone) return null;
  const as = Date.parse(`${day}T${clock}:00Z`);
  try {
    const parts = new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    const ahead = (at: number) => Date.parse(`${parts.format(at).replace(" ", "T")}Z`) - at;
    // Around a change of clocks the first guess is an hour off.
    return new Date(as - ahead(as - ahead(as)));
  } catch {
    return null;
  }
}

/** How far the sender is proven: by DMARC, by an aligned signature, not at all, or refuted. */
export type SenderProof = "dmarc" | "aligned" | "none" | "unjudged" | "forged";

export function proofOf(mail: Mail): SenderProof {
  if (mail.own || mail.doubtful || mail.verdict.dmarc === "fail") return "forged";
  if (mail.aligned) return mail.verdict.dmarc === "pass" ? "dmarc" : "aligned";
  return mail.aligned === null && !Object.keys(mail.verdict).length ? "unjudged" : "none";
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** How the sender stands to the contact: its owner, or somebody who joined, vouched for or not. */
export function standing(mail: Mail, contact: Pick<Contact, "identity" | "participants">): "owner" | "participant" | "stranger" {
  const { from } = mail;
  if (!from || same(from.address, contact.identity.value)) return "owner";
  return contact.participants.some((one) => one.verified && same(one.value, from.address)) ? "participant" : "stranger";
}

export interface Part {
  quoted: boolean;
  text: string;
}
const FOLDED = 3;

/** The line above a letter that is passed on. */
const PASSED_ON = /^\s*-{5,}\s*\S.*\S\s*-{5,}\s*$/;

/** Which pieces of a letter of ours are history: long quotations, and all of what is passed on. */
export function historyOf(pieces: readonly { quote: boolean; lines: number; text: string }[]): boolean[] {
  const passed = pieces.findIndex(({ text }) => PASSED_ON.test(text));
  return pieces.map(({ quote, lines }, at) => (quote && lines > FOLDED) || (passed >= 0 && at >= passed));
}

/** A text in runs of own words and of quoted lines; short quotes stay with the words around them.
 *  In a letter of `ours` what is passed on counts as quoted: it stands in the thread already. */
export function partsOf(text: string, ours = false): Part[] {
  const runs: { quoted: boolean; lines: string[] }[] = [];
  let passed = false;
  for (const line of text.split("\n")) {
    passed ||= ours && PASSED_ON.test(line);
    const quoted = passed || /^\s*>/.test(line);
    const last = runs.at(-1);
    if (last?.quoted === quoted) last.lines.push(line);
    else runs.push({ quoted, lines: [line] });
  }
  const parts: Part[] = [];
  for (const { quoted, lines } of runs) {
    const folded = quoted && lines.length > FOLDED;
    const last = parts.at(-1);
    if (!folded && last && !last.quoted) last.text += `\n${lines.join("\n")}`;
    else parts.push({ quoted: folded, text: lines.join("\n") });
  }
  // Empty lines around a fold are the fold's own room.
  return parts.map((part) => ({ ...part, text: part.text.replace(/^(?:[ \t]*\n)+|\s+$/g, "") })).filter((part) => part.text);
}

/** Too long to stand whole between other messages. */
export function isLong(text: string): boolean {
  return text.length > 1800 || text.split("\n").length > 28;
}

export function shown({ name, address }: Box): string {
  return name ? `${name} <${address}>` : address;
}
