/** Messages on their way from this desk: shown at once, never lost, tried again by themselves. */
import { Button } from "@mantine/core";
import { useI18n } from "../i18n";
import { clock } from "../i18n/time";
import { Icon } from "../ui/Icon";
import { toast } from "../ui/toasts";
import { Attachments } from "./Attachments";
import { drafts } from "./drafts";
import { focusComposer } from "./focus";
import { outbox, type Pending } from "./outbox";
import css from "./message.module.css";

function edit(entry: Pending): void {
  outbox.drop(entry.id);
  const held = drafts.read(entry.contact, entry.kind);
  drafts.write(entry.contact, entry.kind, {
    text: held.text ? `${entry.text}\n\n${held.text}` : entry.text,
    attachments: [...entry.attachments, ...held.attachments],
    letter: held.text ? held.letter && { ...held.letter, html: "" } : (entry.letter ?? null),
    buttons: [...(entry.buttons ?? []), ...held.buttons],
    reply_to: entry.reply_to ?? held.reply_to,
  });
  focusComposer(entry.contact, entry.kind);
}

/** `isGone`: the contact is out of sight, its composer too; the words are not. */
export function PendingBubbles({ contact, entries, isGone = false }: { contact: string; entries: readonly Pending[]; isGone?: boolean }) {
  const i18n = useI18n();
  const { t } = i18n;
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text); // there is none on plain http
      toast("good", t("pending.copied"));
    } catch {
      toast("bad", t("pending.not_copied"));
    }
  };
  return entries.map((entry) => (
    <article key={entry.id} className={css.message} data-side={entry.kind === "note" ? "note" : "ours"} data-contact={contact}>
      <div className={css.column}>
        <div className={css.bubble} data-pending data-trouble={entry.state === "refused" || undefined}>
          {entry.attachments.length > 0 && <Attachments items={entry.attachments} contact={entry.contact} />}
          {entry.text && <p className={css.text}>{entry.text}</p>}
          <span className={css.foot}>
            <time className="tabular">{clock(i18n, entry.at)}</time>
            <Icon name="clock" size={14} label={t("delivery.sending")} />
          </span>
        </div>
        {entry.state === "waiting" && entry.tries > 0 && (
          <div className={css.trouble} data-tone="warn">
            <span>
              <Icon name="wifiOff" size={15} /> {t("pending.waiting")}
            </span>
            <Button size="compact-xs" variant="default" onClick={() => outbox.retry(entry.id)}>
              {t("act.retry_now")}
            </Button>
          </div>
        )}
        {entry.state === "refused" && (
          <div className={css.trouble} data-tone="bad">
            <span>
              <Icon name="warning" size={15} /> {t("pending.refused", { reason: i18n.maybe(`problem.${entry.reason}`) ?? entry.reason ?? "" })}
            </span>
            <span className={css.troubleActs}>
              <Button size="compact-xs" variant="default" onClick={() => outbox.retry(entry.id)}>
                {t("act.retry")}
              </Button>
              {isGone ? (
                <>
                  <Button size="compact-xs" variant="default" onClick={() => void copy(entry.text)}>
                    {t("pending.copy")}
                  </Button>
                  <Button size="compact-xs" variant="default" onClick={() => outbox.drop(entry.id)}>
                    {t("pending.drop")}
                  </Button>
                </>
              ) : (
                <Button size="compact-xs" variant="default" onClick={() => edit(entry)}>
                  {t("act.edit")}
                </Button>
              )}
            </span>
          </div>
        )}
      </div>
    </article>
  ));
}
