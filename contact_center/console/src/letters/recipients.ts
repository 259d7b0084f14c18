/** To whom a letter goes: what is typed, what answering to all adds, whom nobody vouches for. Pure. */
import type { Contact, LetterDraft, LetterStart } from "../api/types";
import type { Box, Mail } from "./mail";
import { bareSubject } from "./subjects";

// The service takes the same: a name in quotes may hold anything but quotes, brackets and controls.
// oxlint-disable-next-line no-control-regex
const ADDRESS = /^(?:[^@\s<>,;"]{1,64}|"[^"<>\u0000-\u001f\u007f]{1,62}")@[^@\s<>,;"]{1,190}$/;
const NAMED = /^\s*"?([^"<>]*?)"?\s*<("[^"<>]*"@[^<>\s]+|[^<>\s]+)>\s*$/;

function boxOf(text: string): Box | null {
  const named = NAMED.exec(text);
  const address = named?.[2] ?? text.trim();
  return ADDRESS.test(address) ? { address, name: (named?.[1] ?? "").trim().slice(0, 200) } : null;
}

/** The addresses of a text, parted by commas, semicolons or lines; and what is none. */
export function readRecipients(text: string): { found: Box[]; rest: string } {
  const found: Box[] = [];
  const rest: string[] = [];
  for (const part of text.match(/(?:"[^"]*"|[^,;\n"])+/g) ?? []) {
    const whole = boxOf(part);
    if (whole) found.push(whole);
    else if (part.includes("<")) rest.push(part.trim());
    else {
      // Several addresses with nothing but spaces between them.
      for (const word of part.match(/(?:"[^"]*"|[^\s"])+|"\S*/g) ?? []) {
        const one = boxOf(word);
        if (one) found.push(one);
        else rest.push(word);
      }
    }
  }
  return { found, rest: rest.join(" ") };
}

/** An address as it is compared: without capitals and what stands behind a plus. */
export function plain(address: string): string {
  return address.toLowerCase().replace(/\+[^@]*(?=@)/, "");
}

export function withOne(list: readonly Box[], ...more: readonly Box[]): Box[] {
  const out = [...list];
  for (const box of more) if (!out.some((one) => one.address.toLowerCase() === box.address.toLowerCase())) out.push(box);
  return out;
}

/** Whoever else stands on the last letter, without ourselves and those who get this one anyway. */
export function othersOf(mail: Mail | null, own: readonly string[], given: readonly Box[]): Box[] {
  if (!mail) return [];
  const ours = new Set(own.map(plain));
  const had = new Set(given.map((one) => one.address.toLowerCase()));
  const authors = mail.reply_to.length ? mail.reply_to : mail.from ? [mail.from] : [];
  return withOne([], ...authors, ...mail.to, ...mail.cc).filter((one) => !ours.has(plain(one.address)) && !had.has(one.address.toLowerCase()));
}

/** Addresses that came with letters and that nobody has vouched for. */
export function unprovenOf(contact: Pick<Contact, "identity" | "participants">, mail: Mail | null): ReadonlySet<string> {
  const known = new Set(contact.participants.filter((one) => one.verified).map((one) => one.value.toLowerCase()));
  const { value, proof } = contact.identity;
  if (proof !== "claimed") known.add(value.toLowerCase());
  const named = [value, ...contact.participants.map((one) => one.value), ...[...(mail?.reply_to ?? []), ...(mail?.from ? [mail.from] : []), ...(mail?.to ?? []), ...(mail?.cc ?? [])].map((one) => one.address)];
  return new Set(named.map((one) => one.toLowerCase()).filter((one) => !known.has(one)));
}

/** Whom the service would send it to: the owner, or where he wants his answers. */
function answeredTo({ identity, client }: Pick<Contact, "identity" | "client">, start: LetterStart | undefined): Box[] {
  const { medium, value } = identity;
  const owner = medium === "email" ? [{ address: value, name: client.name === value ? "" : client.name }] : [];
  const told = start?.to ?? [];
  return told.length ? told.map((one) => owner.find(({ address }) => plain(address) === plain(one.address)) ?? one) : owner;
}

/** What a letter begins with: to whom the client wants his answers, and for whom copies of it are
 *  that somebody vouches for. The service sends it to the same where nothing is chosen. */
export function startOf(contact: Pick<Contact, "identity" | "client" | "subject">, start: LetterStart | undefined): LetterDraft {
  const subject = start?.subject ?? contact.subject ?? "";
  const answers = start?.answers && subject && bareSubject(subject) === subject.trim();
  return {
    to: answeredTo(contact, start),
    cc: start?.cc ?? [],
    bcc: [],
    subject: answers ? `Re: ${subject}` : subject,
    html: "",
    quote: true,
    forwards: null,
    whole: true,
  };
}
