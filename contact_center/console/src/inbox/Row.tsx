import { memo } from "react";
import { useMe, useNames, useWaits } from "../api/hooks";
import type { ContactRow } from "../api/types";
import { named, useI18n } from "../i18n";
import { full, lasting, spanning, stamp } from "../i18n/time";
import { useTyping } from "../live/ephemera";
import { linkTo } from "../router";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { useNow } from "../ui/now";
import { type InboxPlace, inboxPath } from "./place";
import { useDraft } from "./drafts";
import css from "./list.module.css";

const LONG = 5 * 60_000;
const TOO_LONG = 20 * 60_000;

function Last({ row }: { row: ContactRow }) {
  const { t } = useI18n();
  const typing = useTyping(row.id);
  const reply = useDraft(row.id, "reply");
  const note = useDraft(row.id, "note");
  const client = typing.some((one) => one.type === "client");
  const colleague = typing.find((one) => one.type === "employee");
  if (client) return <span className={css.typing}>{t("typing.client")}</span>;
  if (colleague) {
    const words = t(colleague.kind === "note" ? "typing.note" : "typing.colleague", { name: colleague.name });
    return <span className={css.typing}>{words}</span>;
  }
  const draft = reply.text || note.text;
  if (draft) {
    return (
      <span className="ellipsis">
        <em className={css.draft}>{t("row.draft")}</em> {draft}
      </span>
    );
  }
  const last = row.last_text || (row.last_kind ? t("row.attachment") : "");
  const sign = row.last_kind === "note" ? "lock" : row.last_kind === "outbound" ? "reply" : null;
  return (
    <>
      {sign && <Icon name={sign} size={13} className={css.sign} />}
      <span className="ellipsis">{row.subject ? `${row.subject} — ${last}` : last}</span>
      {/* Written elsewhere: that there is one is known, its words are not. */}
      {row.draft && <em className={css.draft}>{t("row.draft")}</em>}
    </>
  );
}

function Waiting({ row }: { row: ContactRow }) {
  const i18n = useI18n();
  const now = useNow(15_000);
  const { employees } = useNames();
  const { parked_until: until, preferred_id: by } = row.work ?? {};
  if (until) {
    const name = employees.get(by ?? "")?.name ?? i18n.t("system.somebody");
    return (
      <span className={`${css.pill} tabular`} data-tone="calm" title={i18n.t("row.parked_by", { name, time: full(i18n, until) })}>
        <Icon name="pause" size={12} />
        {stamp(i18n, until, now)}
      </span>
    );
  }
  if (row.work?.state === "wrap_up") return <span className={css.pill} data-tone="warn">{i18n.t("row.wrap_up")}</span>;
  if (row.awaiting !== "us" || !row.waiting_since || row.state === "closed") return null;
  const ms = now - Date.parse(row.waiting_since);
  const tone = ms > TOO_LONG ? "bad" : ms > LONG ? "warn" : "calm";
  return (
    <span className={`${css.pill} tabular`} data-tone={tone} title={i18n.t("row.waits")}>
      <Icon name="clock" size={12} />
      {lasting(i18n, ms)}
    </span>
  );
}

/** Its place in line and how long it will probably still wait. */
function Told({ row }: { row: ContactRow }) {
  const i18n = useI18n();
  const told = useWaits()?.contacts.get(row.id);
  if (!told || row.operator_id) return null;
  const span = spanning(i18n, told.low, told.high);
  const cause = i18n.maybe(`wait.${told.cause}`);
  return (
    <span className={`${css.pill} tabular`} data-tone="calm" title={[i18n.t("wait.told", { n: told.position, span }), cause].filter(Boolean).join(" ")}>
      №&nbsp;{told.position} · {span}
    </span>
  );
}

/** Unread counts where an answer may be owed by me: not in what is closed or a colleague's. */
export function unreadOf(row: ContactRow, me: string): number {
  const mine = row.operator_id === me || row.operator_id === null;
  return row.state === "open" && mine ? row.unread : 0;
}

export const Row = memo(function Row({ row, chosen, place, compact }: { row: ContactRow; chosen: boolean; place: InboxPlace; compact: boolean }) {
  const i18n = useI18n();
  const { t } = i18n;
  const me = useMe();
  const { queues, employees } = useNames();
  const now = useNow(15_000);
  const unread = unreadOf(row, me.employee.id);
  const owner = row.operator_id && row.operator_id !== me.employee.id ? employees.get(row.operator_id)?.name : null;
  return (
    <a
      {...linkTo(inboxPath({ ...place, contact: row.id }))}
      className={css.row}
      data-chosen={chosen || undefined}
      data-unread={unread > 0 || undefined}
      data-compact={compact || undefined}
      aria-current={chosen ? "true" : undefined}
    >
      <Avatar id={row.client.id} name={named(row.client, t)} size={compact ? 34 : 40} medium={row.medium} company={row.client.kind !== "person"} />
      <span className={css.lines}>
        <span className={css.top}>
          <b className="ellipsis">{named(row.client, t)}</b>
          <time className="tabular">{row.last_at ? stamp(i18n, row.last_at, now) : ""}</time>
        </span>
        <span className={css.last}>
          <Last row={row} />
          {unread > 0 && (
            <span className={`${css.unread} tabular`} aria-label={t("row.unread", { n: unread })}>
              {unread > 99 ? "99+" : unread}
            </span>
          )}
        </span>
        {!compact && (
          <span className={css.meta}>
            <span className="ellipsis">
              {queues.get(row.queue_id)?.name}
              {owner ? ` · ${owner}` : ""}
            </span>
            <Told row={row} />
            <Waiting row={row} />
          </span>
        )}
      </span>
      {compact && <Waiting row={row} />}
    </a>
  );
});
