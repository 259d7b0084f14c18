import { Button } from "@mantine/core";
import { memo, Suspense, useState } from "react";
import { resolveMessage, retryMessage, undoMessage } from "../api/acts";
import { useNames } from "../api/hooks";
import type { LetterDraft, Message } from "../api/types";
import { isLetter } from "../letters/subjects";
import { type I18n, titled, useI18n } from "../i18n";
import { clock, full } from "../i18n/time";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { lazily } from "../ui/lazily";
import { useNow } from "../ui/now";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { Attachments } from "./Attachments";
import { drafts, type Kept } from "./drafts";
import { focusComposer } from "./focus";
import { Text } from "./Text";
import css from "./message.module.css";

const Letter = lazily(() => import("../letters/Letter"));

function useSystemWords(message: Message): string {
  const i18n = useI18n();
  const { employees, queues, codes } = useNames();
  const { data } = message;
  const name = (id: unknown) => (typeof id === "string" ? employees.get(id)?.name : undefined);
  const code = String(data.code ?? "");
  const toEmployee = name(data.to_employee_id);
  const queue = typeof data.to_queue_id === "string" ? queues.get(data.to_queue_id)?.name : undefined;
  const result = typeof data.result_code_id === "string" ? codes.get(data.result_code_id) : undefined;
  const params = {
    who: name(data.employee_id) ?? i18n.t("system.somebody"),
    to: toEmployee ?? queue ?? "",
    place: toEmployee ? "employee" : "queue",
    result: titled(result?.title, i18n.locale),
    has: result ? "yes" : "no",
    number: String(data.number ?? ""),
  };
  const words = i18n.maybe(`system.${code}`, params) ?? i18n.t("system.other", { code });
  return typeof data.note === "string" && data.note ? `${words} — «${data.note}»` : words;
}

function System({ message }: { message: Message }) {
  const i18n = useI18n();
  const words = useSystemWords(message);
  return (
    <div className={css.system} data-seq={message.seq}>
      <span>
        {words} <time title={full(i18n, message.created_at)}>{clock(i18n, message.created_at)}</time>
      </span>
    </div>
  );
}

const TICKS: Record<string, IconName> = {
  held: "clock",
  pending: "clock",
  sending: "clock",
  sent: "check",
  delivered: "doubleCheck",
  read: "doubleCheck",
};

function Ticks({ state }: { state: string }) {
  const { t } = useI18n();
  const icon = TICKS[state];
  if (!icon) return null;
  const words = t(`delivery.${state as "sent"}`);
  return (
    <span className={css.ticks} data-state={state} title={words}>
      <Icon name={icon} size={15} label={words} />
    </span>
  );
}

function useAct(): [boolean, (call: () => Promise<unknown>) => void] {
  const [busy, setBusy] = useState(false);
  const text = useProblemText();
  const run = (call: () => Promise<unknown>) => {
    setBusy(true);
    call()
      .catch((error: unknown) => toast("bad", text(error)))
      .finally(() => setBusy(false));
  };
  return [busy, run];
}

function Undo({ message, until }: { message: Message; until: string }) {
  const { t } = useI18n();
  const [busy, run] = useAct();
  const left = Math.ceil((Date.parse(until) - useNow(1000)) / 1000);
  if (left <= 0) return null;
  const undo = async () => {
    await undoMessage(message);
    const held = drafts.read(message.contact_id, "reply");
    const text = held.text ? `${message.text}\n\n${held.text}` : message.text;
    const attachments = [...message.attachments, ...held.attachments];
    drafts.write(message.contact_id, "reply", { text, attachments, letter: letterAgain(message, held) });
    focusComposer("reply");
  };
  return (
    <Button size="compact-xs" variant="default" loading={busy} onClick={() => run(undo)} leftSection={<Icon name="undo" size={14} />}>
      {t("message.undo", { n: left })}
    </Button>
  );
}

/** What was chosen for a letter that was taken back; beside another draft its form would be lost anyway. */
function letterAgain({ data }: Message, held: Kept): LetterDraft | null {
  const letter = data.letter as Partial<LetterDraft> | undefined;
  if (!letter || held.text) return held.letter && { ...held.letter, html: "" };
  return { to: [], cc: [], bcc: [], subject: "", html: "", quote: true, forwards: null, whole: true, ...letter };
}

function useReasonText(): (reason: string | null) => string {
  const i18n = useI18n();
  return (reason) => (reason ? (i18n.maybe(`reason.${reason}`) ?? reason) : i18n.t("reason.unknown"));
}

function Trouble({ message }: { message: Message }) {
  const { t } = useI18n();
  const [busy, run] = useAct();
  const reason = useReasonText();
  const { delivery } = message;
  const missed = delivery?.undelivered ?? [];
  if (delivery?.state === "failed") {
    return (
      <div className={css.trouble} data-tone="bad">
        <span>
          <Icon name="warning" size={15} /> {t("message.failed", { reason: reason(delivery.reason) })}
        </span>
        {delivery.can_retry && (
          <Button size="compact-xs" variant="default" loading={busy} onClick={() => run(() => retryMessage(message))}>
            {t("act.retry")}
          </Button>
        )}
      </div>
    );
  }
  if (delivery?.state === "uncertain") {
    return (
      <div className={css.trouble} data-tone="warn">
        <span>
          <Icon name="question" size={15} /> {t("message.uncertain")}
        </span>
        <span className={css.troubleActs}>
          <Button size="compact-xs" variant="default" loading={busy} onClick={() => run(() => resolveMessage(message, "arrived"))}>
            {t("message.arrived")}
          </Button>
          <Button size="compact-xs" variant="default" loading={busy} onClick={() => run(() => resolveMessage(message, "send_again"))}>
            {t("message.send_again")}
          </Button>
        </span>
      </div>
    );
  }
  if (delivery?.reason && (delivery.state === "pending" || delivery.state === "sending")) {
    return (
      <div className={css.trouble} data-tone="warn">
        <span>
          <Icon name="clock" size={15} /> {t("message.again", { reason: reason(delivery.reason) })}
        </span>
      </div>
    );
  }
  if (missed.length) {
    return (
      <div className={css.trouble} data-tone="warn">
        {missed.map(({ address, reason: words }) => (
          <span key={address}>
            <Icon name="warning" size={15} /> {t("message.undelivered", { address, reason: reason(words) })}
          </span>
        ))}
      </div>
    );
  }
  return null;
}

function authorName(message: Message, mine: boolean, i18n: I18n): string {
  if (mine) return i18n.t("message.you");
  return message.author?.name || i18n.t("system.somebody");
}

interface ViewProps {
  message: Message;
  mine: boolean;
  joined: boolean;
  quote: Message | undefined;
  clientRead: boolean;
  /** Of a letter, where it is worth a line. */
  subject: string | undefined;
}

export const MessageView = memo(function MessageView({ message, mine, joined, quote, clientRead, subject }: ViewProps) {
  const i18n = useI18n();
  const { t } = i18n;
  if (message.kind === "system") return <System message={message} />;
  const side = message.kind === "inbound" ? "theirs" : message.kind === "note" ? "note" : "ours";
  const { delivery } = message;
  const state = delivery?.state ?? null;
  const shownState = clientRead && (state === "sent" || state === "delivered") ? "read" : state;
  const letter = side !== "note" && isLetter(message);
  const gone = message.deleted_at !== null || state === "cancelled";
  return (
    <article className={css.message} data-side={side} data-letter={letter || undefined} data-joined={joined || undefined} data-seq={message.seq}>
      {side === "theirs" && (joined ? <span className={css.gap} /> : <Avatar id={message.author?.id ?? ""} name={message.author?.name ?? "?"} size={30} />)}
      <div className={css.column}>
        {!joined && (
          <p className={css.author}>
            {side === "note" && <Icon name="lock" size={13} />}
            {side === "note" ? t("message.note_by", { name: authorName(message, mine, i18n) }) : authorName(message, mine, i18n)}
          </p>
        )}
        <div className={css.bubble} data-trouble={state === "failed" || state === "uncertain" || undefined} data-gone={gone || undefined}>
          {quote && <blockquote className={css.quote}>{quote.text || quote.attachments[0]?.name}</blockquote>}
          {gone ? <p className={css.text}><em>{t(state === "cancelled" ? "message.undone" : "message.deleted")}</em></p> : null}
          {!gone && letter && (
            <Suspense fallback={<p className={css.text}>{message.text}</p>}>
              <Letter message={message} subject={subject} />
            </Suspense>
          )}
          {!gone && !letter && message.attachments.length > 0 && <Attachments items={message.attachments} contact={message.contact_id} />}
          {!gone && !letter && message.text && (
            <p className={css.text}>
              <Text text={message.text} />
            </p>
          )}
          <span className={css.foot}>
            {message.edited_at && <span>{t("message.edited")}</span>}
            <time className="tabular" title={full(i18n, message.provider_at ?? message.created_at)}>
              {clock(i18n, message.created_at)}
            </time>
            {side === "ours" && shownState && <Ticks state={shownState} />}
          </span>
        </div>
        {state === "held" && delivery?.hold_until && mine && <Undo message={message} until={delivery.hold_until} />}
        <Trouble message={message} />
      </div>
    </article>
  );
});
