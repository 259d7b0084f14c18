/** Passing a letter on: it stands in the draft below what is written, with copies of its files. */
import { get, post } from "../api/http";
import type { Attachment, Contact, Message } from "../api/types";
import { focusComposer } from "../inbox/focus";
import { drafts } from "../inbox/drafts";
import { useI18n } from "../i18n";
import { full } from "../i18n/time";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { chosenOf, mailOf, shown } from "./mail";
import { forwardedDraft, passedOn } from "./passed";
import { useLetterWords } from "./texts";

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
