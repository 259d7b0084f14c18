/** Passing a letter on: it stands in the draft below what is written, with copies of its files. */
import { get, post } from "../api/http";
import type { Attachment, Contact, LetterDraft, Message } from "../api/types";
import { focusComposer } from "../inbox/focus";
import { drafts } from "../inbox/drafts";
import { useI18n } from "../i18n";
import { full } from "../i18n/time";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { type Box, chosenOf, mailOf, shown } from "./mail";
import { bareSubject } from "./subjects";
import { useLetterWords } from "./texts";

export interface Passed {
  from: string;
  to: readonly Box[];
  date: string;
  subject: string;
  text: string;
}

type Say = (key: "forward.line" | "forward.from" | "forward.date" | "forward.subject" | "forward.to", params?: { text: string }) => string;

/** What stands below the words of whoever passes a letter on. Pure. */
export function passedOn({ from, to, date, subject, text }: Passed, l: Say): string {
  const lines = [
    l("forward.line"),
    from && l("forward.from", { text: from }),
    date && l("forward.date", { text: date }),
    subject && l("forward.subject", { text: subject }),
    to.length > 0 && l("forward.to", { text: to.map(shown).join(", ") }),
  ];
  return `\n\n${lines.filter(Boolean).join("\n")}\n\n${text.trim()}`;
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const asHtml = (text: string) => text.split("\n").map((line) => `<div>${escaped(line) || "<br>"}</div>`).join("");

/** The draft that passes a letter on, below what stood in it. Pure. */
export function forwardedDraft(message: Pick<Message, "id">, subject: string, below: string, held: { text: string; letter: LetterDraft | null }): { text: string; letter: LetterDraft } {
  const above = held.letter?.html || (held.text ? asHtml(held.text) : "");
  return {
    text: held.text + below,
    letter: { to: [], cc: [], bcc: [], subject: `Fwd: ${bareSubject(subject) || subject}`.trim(), html: above + asHtml(below), quote: false, forwards: message.id },
  };
}

export function useForward(): (contact: Contact, message: Message) => Promise<void> {
  const i18n = useI18n();
  const { l } = useLetterWords();
  const words = useProblemText();
  return async (contact, message) => {
    const held = drafts.read(contact.id, "reply");
    if ((held.text || held.letter) && !confirm(l("forward.over"))) return;
    try {
      const [body, files] = await Promise.all([
        message.has_body ? get("/messages/{id}/body", { path: { id: message.id } }) : null,
        message.attachments.length ? post("/messages/{id}/copies", { path: { id: message.id } }) : [],
      ]);
      const mail = mailOf(message);
      const chosen = chosenOf(message);
      const subject = String(message.data.subject ?? chosen.subject ?? contact.subject ?? "");
      const below = passedOn({
        from: mail?.from ? shown(mail.from) : (message.author.name ?? ""),
        to: mail?.to ?? chosen.to ?? [],
        date: full(i18n, message.provider_at ?? message.created_at),
        subject,
        text: body?.text || message.text,
      }, l);
      const made: Attachment[] = files.map((file) => ({ ...file, inline: false }));
      const written = forwardedDraft(message, subject, below, held);
      drafts.write(contact.id, "reply", { ...written, attachments: [...held.attachments, ...made] });
      const lost = message.attachments.slice(made.length).map((file) => file.name);
      if (made.length < message.attachments.length) toast("info", l("forward.files", { names: lost.join(", ") }));
      focusComposer("reply");
    } catch (error) {
      toast("bad", words(error));
    }
  };
}
