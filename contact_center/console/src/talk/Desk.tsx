/** What stands in the composer of a messenger beside the text: whom it answers, buttons, segments,
 *  and that the client wants no messages. */
import { ActionIcon } from "@mantine/core";
import { useMessages } from "../api/hooks";
import type { Contact } from "../api/types";
import { useI18n } from "../i18n";
import { full } from "../i18n/time";
import { nameOf } from "../inbox/Attachments";
import { drafts, type Kept } from "../inbox/drafts";
import { count } from "../inbox/segments";
import { Icon } from "../ui/Icon";
import { Buttons } from "./Buttons";
import { useTalkWords } from "./texts";
import css from "./desk.module.css";

function Answered({ contact, id }: { contact: string; id: string }) {
  const i18n = useI18n();
  const { w } = useTalkWords();
  const message = useMessages(contact).data?.items.find((one) => one.id === id);
  return (
    <p className={css.answered}>
      <Icon name="reply" size={15} />
      <span className="ellipsis">
        <b>{[w("desk.quote"), message?.author.name].filter(Boolean).join(" · ")}</b> {message?.text || nameOf(i18n, message?.attachments[0])}
      </span>
      <ActionIcon size={24} aria-label={w("desk.quote_remove")} title={w("desk.quote_remove")} onClick={() => drafts.write(contact, "reply", { reply_to: null })}>
        <Icon name="close" size={14} />
      </ActionIcon>
    </p>
  );
}

function Segments({ text }: { text: string }) {
  const { w } = useTalkWords();
  if (!text) return null;
  const { segments, encoding, left, forced } = count(text);
  const name = encoding === "UCS-2" ? w("desk.unicode") : encoding;
  return (
    <p className={`${css.segments} tabular`} data-many={segments > 1 || undefined} role="status" title={forced ? w("desk.forced", { characters: [...forced].slice(0, 20).join(" ") }) : undefined}>
      {w("desk.segments", { n: segments, encoding: name, left })}
    </p>
  );
}

export default function Desk({ contact, draft }: { contact: Contact; draft: Kept }) {
  const i18n = useI18n();
  const { w } = useTalkWords();
  return (
    <div className={css.desk}>
      {contact.refused_at && (
        <p className={css.refused} role="alert">
          <Icon name="warning" size={15} /> {w("desk.refused", { date: full(i18n, contact.refused_at) })}
        </p>
      )}
      {draft.reply_to && <Answered contact={contact.id} id={draft.reply_to} />}
      {draft.buttons.length > 0 && <Buttons contact={contact.id} buttons={draft.buttons} most={contact.capabilities.buttons} />}
      {contact.capabilities.segments && <Segments text={draft.text.trim()} />}
    </div>
  );
}
