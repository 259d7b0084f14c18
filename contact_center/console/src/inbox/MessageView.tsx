import { Button } from "@mantine/core";
import { memo, Suspense, useState } from "react";
import { undoMessage } from "../api/acts";
import { useNames } from "../api/hooks";
import type { Choice, LetterDraft, Message } from "../api/types";
import { isLetter } from "../letters/subjects";
import { type I18n, titled, useI18n } from "../i18n";
import { clock, full } from "../i18n/time";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { lazily } from "../ui/lazily";
import { useNow } from "../ui/now";
import { useRun } from "../ui/useRun";
import { Attachments, nameOf } from "./Attachments";
import { acting, useActing } from "./acting";
import { drafts, type Kept } from "./drafts";
import { focusComposer } from "./focus";
import { isRich } from "./rich";
import { Text } from "./Text";
import css from "./message.module.css";

const Letter = lazily(() => import("../letters/Letter"));
const Content = lazily(() => import("../talk/Content"));
const Trouble = lazily(() => import("../talk/Trouble"));
const Acts = lazily(() => import("../talk/Acts"));
const Acting = lazily(() => import("../talk/Acting"));

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
    place: toEmployee ? "employee" : data.to === "anyone" ? "anyone" : "queue",
    until: typeof data.until === "string" ? full(i18n, data.until) : "",
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

function Undo({ message, until }: { message: Message; until: string }) {
  const { t } = useI18n();
  const [busy, run] = useRun();
  const left = Math.ceil((Date.parse(until) - useNow(1000)) / 1000);
  if (left <= 0) return null;
  const undo = async () => {
    await undoMessage(message);
    const held = drafts.read(message.contact_id, "reply");
    const text = held.text ? `${message.text}\n\n${held.text}` : message.text;
    const attachments = [...message.attachments, ...held.attachments];
    const buttons = [...((message.data.buttons as Choice[] | undefined) ?? []), ...held.buttons];
    const reply_to = held.reply_to ?? message.reply_to;
    drafts.write(message.contact_id, "reply", { text, attachments, letter: letterAgain(message, held), buttons, reply_to });
    focusComposer(message.contact_id, "reply");
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

/** Where something is amiss, or may be. */
function isTroubled({ change, delivery: { state, reason, undelivered } }: Message): boolean {
  return change !== null || state === "failed" || state === "uncertain" || undelivered.length > 0 || (Boolean(reason) && (state === "pending" || state === "sending"));
}

/** What can be done with a message. One of them is in the order of Tab, arrows go to the others. */
function More({ message, mine, tabStop }: { message: Message; mine: boolean; tabStop: boolean }) {
  const { t } = useI18n();
  const [wanted, setWanted] = useState(false);
  const button = { type: "button" as const, className: css.acts, "data-acts": true, tabIndex: tabStop ? 0 : -1, "aria-label": t("message.acts"), "aria-haspopup": "menu" as const };
  const plain = (
    <button {...button} onClick={() => setWanted(true)}>
      <Icon name="more" size={16} />
    </button>
  );
  return wanted ? (
    <Suspense fallback={plain}>
      <Acts message={message} mine={mine} button={button} />
    </Suspense>
  ) : (
    plain
  );
}

function authorName(message: Message, mine: boolean, i18n: I18n): string {
  if (mine) return i18n.t("message.you");
  if (message.author?.name) return message.author.name;
  return i18n.t(message.kind === "inbound" ? "client.visitor" : message.author?.type === "employee" ? "system.somebody" : "message.automatic");
}

interface ViewProps {
  message: Message;
  mine: boolean;
  joined: boolean;
  quote: Message | undefined;
  onJump: (seq: number) => void;
  /** Tab comes to what can be done with this one. */
  tabStop: boolean;
  clientRead: boolean;
  /** Of a letter, where it is worth a line. */
  subject: string | undefined;
}

export const MessageView = memo(function MessageView({ message, mine, joined, quote, onJump, tabStop, clientRead, subject }: ViewProps) {
  const i18n = useI18n();
  const { t } = i18n;
  const act = useActing(message.id);
  if (message.kind === "system") return <System message={message} />;
  const side = message.kind === "inbound" ? "theirs" : message.kind === "note" ? "note" : "ours";
  const { delivery } = message;
  const state = delivery?.state ?? null;
  const shownState = clientRead && (state === "sent" || state === "delivered") ? "read" : state;
  const letter = side !== "note" && isLetter(message);
  const { quoted } = message;
  const part = typeof message.data.quote === "string" && message.data.quote;
  const rich = !letter && isRich(message);
  const words = (
    <p className={css.text}>
      <Text text={message.text} />
    </p>
  );
  const gone = message.deleted_at !== null || state === "cancelled";
  return (
    <article className={css.message} data-side={side} data-letter={letter || undefined} data-joined={joined || undefined} data-edited={(message.edited_at && true) || undefined} data-seq={message.seq}>
      {side === "theirs" && (joined ? <span className={css.gap} /> : <Avatar id={message.author?.id ?? ""} name={authorName(message, mine, i18n)} size={30} />)}
      <div className={css.column}>
        {!joined && (
          <p className={css.author}>
            {side === "note" && <Icon name="lock" size={13} />}
            {side === "note" ? t("message.note_by", { name: authorName(message, mine, i18n) }) : authorName(message, mine, i18n)}
          </p>
        )}
        <div className={css.bubble} data-trouble={state === "failed" || state === "uncertain" || undefined} data-gone={gone || undefined}>
          {quoted && (
            <button type="button" className={css.quote} disabled={quoted.seq === null} onClick={() => quoted.seq !== null && onJump(quoted.seq)} title={t("message.to_quoted")}>
              {part || quoted.text || nameOf(i18n, quote?.attachments[0])}
            </button>
          )}
          {gone ? <p className={css.text}><em>{t(state === "cancelled" ? "message.undone" : "message.deleted")}</em></p> : null}
          {!gone && letter && (
            <Suspense fallback={<p className={css.text}>{message.text}</p>}>
              <Letter message={message} subject={subject} />
            </Suspense>
          )}
          {!gone && rich && (
            <Suspense fallback={words}>
              <Content message={message} ours={side === "ours"} />
            </Suspense>
          )}
          {!gone && !letter && !rich && message.attachments.length > 0 && <Attachments items={message.attachments} contact={message.contact_id} />}
          {!gone && !letter && !rich && message.text && words}
          <span className={css.foot}>
            {message.edited_at && !gone && (
              <button type="button" className={css.edited} onClick={() => acting.set(act === "history" ? null : { message: message.id, act: "history" })} aria-expanded={act === "history"}>
                {t("message.edited")}
              </button>
            )}
            <time className="tabular" title={full(i18n, message.provider_at ?? message.created_at)}>
              {clock(i18n, message.created_at)}
            </time>
            {side === "ours" && shownState && <Ticks state={shownState} />}
          </span>
        </div>
        {state === "held" && delivery?.hold_until && mine && <Undo message={message} until={delivery.hold_until} />}
        <Suspense fallback={null}>
          {isTroubled(message) && <Trouble message={message} />}
          {act && !gone && <Acting key={act} message={message} act={act} />}
        </Suspense>
      </div>
      {!letter && !gone && <More message={message} mine={mine} tabStop={tabStop} />}
    </article>
  );
});
