/** Passing a letter on: it stands in the draft below what is written, with copies of its files. */
import { get, post } from "../api/http";
import type { Attachment, Contact, Message } from "../api/types";
import { focusComposer } from "../inbox/focus";
import { attached } from "../inbox/uploads";
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
      const body = message.has_body ? await get("/messages/{id}/body", { path: { id: message.id } }) : null;
      // A page is passed on by the service, with the pictures within it.
      const whole = Boolean(body?.html_url);
      const passed = message.attachments.filter((file) => !(whole && file.inline));
      const files = passed.length ? await post("/messages/{id}/copies", { path: { id: message.id }, query: { pictures: !whole } }) : [];
      const mail = mailOf(message);
      const chosen = chosenOf(message);
      const subject = String(message.data.subject ?? chosen.subject ?? contact.subject ?? "");
      const below = passedOn({
        from: mail?.from ? shown(mail.from) : (message.author.name ?? ""),
        to: mail?.to ?? chosen.to ?? [],
        date: full(i18n, message.provider_at ?? message.created_at),
        subject,
        text: whole ? null : body?.text || message.text,
      }, l);
      const made: Attachment[] = files.map(attached);
      // What was written while the letter and its files were fetched stands above it, as what stood there before.
      const now = drafts.read(contact.id, "reply");
      drafts.write(contact.id, "reply", { ...forwardedDraft(message, subject, below, now, whole), attachments: [...now.attachments, ...made] });
      const lost = passed.slice(made.length).map((file) => file.name);
      if (lost.length) toast("info", l("forward.files", { names: lost.join(", ") }));
      focusComposer(contact.id, "reply");
    } catch (error) {
      toast("bad", words(error));
    }
  };
}
