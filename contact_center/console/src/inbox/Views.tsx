import { useCounts, useDirectory, useMe, useWaits } from "../api/hooks";
import type { Counts, Queue, View } from "../api/types";
import { useI18n } from "../i18n";
import { lasting, spanning } from "../i18n/time";
import { linkTo } from "../router";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { type InboxPlace, inboxPath, VIEWS } from "./place";
import css from "./views.module.css";

const ICON: Record<View, IconName> = {
  mine: "user",
  offered: "hand",
  queue: "queue",
  unread: "mail",
  waiting: "clock",
  parked: "pause",
  closed: "check",
  all: "inbox",
};

/** How many a view holds; not every view is counted. */
export function countOf(counts: Counts | undefined, view: View): number | null {
  return view === "all" ? null : (counts?.[view] ?? null);
}

/** The queues one works in; whoever works in none (a supervisor) is shown all. */
export function useMyQueues(): Queue[] {
  const me = useMe();
  const { data } = useDirectory();
  const all = (data?.queues ?? []).filter((queue) => !queue.archived);
  const mine = data?.employees.find((one) => one.id === me.employee.id)?.queues ?? [];
  return mine.length && me.employee.role === "operator" ? all.filter((queue) => mine.includes(queue.id)) : all;
}

/** How many wait in a queue, and how long the last of them probably will. */
function InQueue({ id, count }: { id: string; count: number }) {
  const i18n = useI18n();
  const told = useWaits()?.queues.get(id);
  if (count === 0) return null;
  const span = told && spanning(i18n, told.low, told.high);
  // The column is narrow: the longer figure alone, the range where one points at it.
  return (
    <span className={`${css.count} tabular`} title={span && i18n.t("wait.queue", { span })}>
      {count}
      {told && ` · ${lasting(i18n, 60_000 * told.high)}`}
    </span>
  );
}

export function Views({ place }: { place: InboxPlace }) {
  const { t } = useI18n();
  const { data: counts } = useCounts();
  const queues = useMyQueues();
  return (
    <nav className={css.views} aria-label={t("views.label")}>
      <h2>{t("nav.inbox")}</h2>
      <ul>
        {VIEWS.map((view) => {
          const count = countOf(counts, view);
          return (
            <li key={view}>
              <a {...linkTo(inboxPath({ view, contact: place.contact }))} aria-current={place.view === view && !place.queue ? "page" : undefined} className={css.view}>
                <Icon name={ICON[view]} size={17} />
                <span className="ellipsis">{t(`view.${view}`)}</span>
                {count !== null && count > 0 && (
                  <span className={`${css.count} tabular`} data-hot={(view === "unread" || view === "offered") || undefined}>
                    {count}
                  </span>
                )}
              </a>
            </li>
          );
        })}
      </ul>
      {queues.length > 0 && <h3>{t("views.queues")}</h3>}
      <ul>
        {queues.map((queue) => (
          <li key={queue.id}>
            <a {...linkTo(inboxPath({ view: "queue", queue: queue.id, contact: place.contact }))} aria-current={place.queue === queue.id ? "page" : undefined} className={css.view} title={queue.name}>
              <i className={css.hours} data-open={queue.open || undefined} title={t(queue.open ? "queue.open" : "queue.closed")} />
              <span className="ellipsis">{queue.name}</span>
              <InQueue id={queue.id} count={counts?.queues[queue.id] ?? 0} />
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The same views as a row of chips, where there is no room for a column. */
export function ViewChips({ place }: { place: InboxPlace }) {
  const { t } = useI18n();
  const { data: counts } = useCounts();
  return (
    <nav className={css.chips} aria-label={t("views.label")}>
      {VIEWS.map((view) => {
        const count = countOf(counts, view);
        return (
          <a key={view} {...linkTo(inboxPath({ view, contact: place.contact, queue: place.queue }))} className={css.chip} aria-current={place.view === view ? "page" : undefined}>
            {t(`view.${view}`)}
            {count !== null && count > 0 && <b className="tabular">{count}</b>}
          </a>
        );
      })}
    </nav>
  );
}
