import { Fragment, type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { isFollowed, loadMessages, queries } from "../api/client";
import { markRead } from "../api/acts";
import { useMe, useMessages } from "../api/hooks";
import { keys } from "../api/keys";
import type { Contact, ContactRow, Message, MessagePage } from "../api/types";
import { named, useI18n } from "../i18n";
import { day, dayKey } from "../i18n/time";
import { Icon } from "../ui/Icon";
import { serverNow } from "../ui/now";
import { Bones, Failed } from "../ui/states";
import { PendingBubbles } from "./Pending";
import { byDay, together } from "./days";
import { MessageView } from "./MessageView";
import { subjectsOf } from "../letters/subjects";
import { AboutContact } from "../letters/about";
import { underWay, usePending } from "./outbox";
import { TypingLine } from "./TypingLine";
import { unreadOf } from "./Row";
import { around, further, nearer, newest, type Stretch, trimmed } from "./window";
import css from "./thread.module.css";

const NEAR = 400;
const AT_END = 48;
const JUMP_PAGES = 10;
const NO_MESSAGES: Message[] = [];

export function Thread({ id, row, contact }: { id: string; row: ContactRow; contact: Contact | undefined }) {
  const i18n = useI18n();
  const { t } = i18n;
  const me = useMe();
  const query = useMessages(id);
  const pending = usePending(id);
  const items = query.data?.items ?? NO_MESSAGES;
  const seqs = useMemo(() => items.map((item) => item.seq), [items]);
  const last = seqs.at(-1) ?? 0;

  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  const anchor = useRef<{ seq: string; top: number } | null>(null);
  const busy = useRef(false);
  const [stretch, setStretch] = useState<Stretch | null>(null);
  const [behind, setBehind] = useState(false);
  const [seen, setSeen] = useState(0);
  const [failed, setFailed] = useState(false);

  // Where "new messages" begins is decided once, when the thread is opened.
  const [unreadAfter] = useState(() => (unreadOf(row, me.employee.id) > 0 ? row.read_seq : null));

  const window = stretch ?? newest(seqs);
  useEffect(() => {
    if (!seqs.length) return;
    setStretch((held) => {
      if (!held) return newest(seqs);
      return stick.current ? trimmed(seqs, held) : held;
    });
  }, [seqs]);

  const shown = useMemo(
    () => items.filter((item) => item.seq >= window.from && (window.to === null || item.seq <= window.to)),
    [items, window.from, window.to],
  );

  const days = useMemo(() => byDay(shown, (at) => dayKey(i18n, at)), [shown, i18n]);
  const subjects = useMemo(() => subjectsOf(items), [items]);
  const quoted = useMemo(() => new Map(items.map((item) => [item.id, item])), [items]);

  const remember = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const top = element.getBoundingClientRect().top;
    for (const child of element.querySelectorAll<HTMLElement>("[data-seq]")) {
      const rect = child.getBoundingClientRect();
      if (rect.bottom > top) {
        anchor.current = { seq: child.dataset.seq ?? "", top: rect.top };
        return;
      }
    }
  }, []);

  const settle = useCallback(() => {
    const element = box.current;
    if (!element) return;
    if (stick.current) {
      element.scrollTop = element.scrollHeight;
      return;
    }
    const held = anchor.current;
    const child = held ? element.querySelector<HTMLElement>(`[data-seq="${held.seq}"]`) : null;
    if (held && child) element.scrollTop += child.getBoundingClientRect().top - held.top;
  }, []);

  // Whatever changes above, the line one reads stays where it is; at the end one stays at the end.
  useLayoutEffect(settle, [shown, pending, settle]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(settle);
    if (box.current) observer.observe(box.current);
    if (inner.current) observer.observe(inner.current);
    return () => observer.disconnect();
  }, [settle, query.isPending]);

  const load = useCallback(
    async (range: { before?: number; after?: number }) => {
      if (busy.current) return;
      busy.current = true;
      setFailed(false);
      try {
        await loadMessages(id, range);
      } catch {
        setFailed(true);
      } finally {
        busy.current = false;
      }
    },
    [id],
  );

  const up = useCallback(() => {
    const first = seqs[0];
    if (first === undefined) return;
    if (window.from > first) setStretch(further(seqs, window));
    else if (query.data?.has_before) void load({ before: first });
  }, [seqs, window, query.data?.has_before, load]);

  const down = useCallback(() => {
    if (window.to !== null) setStretch(nearer(seqs, window));
    else if (query.data?.has_after) void load({ after: last });
  }, [seqs, window, query.data?.has_after, last, load]);

  // An older page has come: show it.
  const first = seqs[0];
  const firstBefore = useRef<number | undefined>(undefined);
  useEffect(() => {
    const before = firstBefore.current;
    firstBefore.current = first;
    if (before !== undefined && first !== undefined && first < before) {
      setStretch((held) => (held ? further(seqs, held) : held));
    }
  }, [first, seqs]);

  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    stick.current = left < AT_END && window.to === null && (!query.data?.has_after || isFollowed(id));
    setBehind(left > 600 || window.to !== null);
    if (stick.current) setSeen(last);
    remember();
    if (element.scrollTop < NEAR) up();
    if (left < NEAR) down();
  };

  const toEnd = () => {
    stick.current = true;
    setStretch(newest(seqs));
    setBehind(false);
    setSeen(last);
    if (query.data?.has_after) void loadMessages(id).catch(() => setFailed(true));
    // At once, for a scroll event on its way would take the place for the one to keep; and again
    // when the end is drawn.
    settle();
    requestAnimationFrame(() => {
      stick.current = true;
      settle();
    });
  };

  /** Bring a message to sight, however far above it stands, and say which it is. */
  const jump = useCallback(
    async (seq: number) => {
      const held = () => queries.getQueryData<MessagePage>(keys.messages(id))?.items ?? NO_MESSAGES;
      try {
        for (let round = 0; round < JUMP_PAGES && (held()[0]?.seq ?? 0) > seq; round += 1) {
          await loadMessages(id, { before: held()[0]?.seq, limit: 200 });
        }
      } catch {
        setFailed(true);
      }
      stick.current = false;
      anchor.current = null;
      setStretch(around(held().map((item) => item.seq), seq));
      requestAnimationFrame(() => {
        const found = box.current?.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
        if (!found) return;
        found.scrollIntoView({ block: "center" });
        remember();
        found.querySelector<HTMLElement>("[data-acts]")?.focus({ preventScroll: true });
        found.dataset.found = "";
        setTimeout(() => delete found.dataset.found, 1800);
      });
    },
    [id, remember],
  );

  // From what can be done with one message to the same of its neighbours.
  const onKeys = (event: KeyboardEvent) => {
    const here = (event.target as HTMLElement).closest<HTMLElement>("[data-acts]");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.code];
    if (!here || !step || here.ariaExpanded === "true") return;
    const all = [...(inner.current?.querySelectorAll<HTMLElement>("[data-acts]") ?? [])];
    all[all.indexOf(here) + step]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  const tabStop = items.findLast((item) => item.kind !== "system")?.seq;

  // Own sending brings one to the end.
  const sent = pending.length;
  const sentBefore = useRef(sent);
  useEffect(() => {
    if (sent > sentBefore.current) toEnd();
    sentBefore.current = sent;
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [sent]);

  useEffect(() => {
    if (stick.current) setSeen(last);
  }, [last]);
  const fresh = stick.current ? 0 : items.filter((item) => item.seq > seen && item.kind === "inbound").length;

  const read = row.read_seq;
  useEffect(() => {
    const mark = () => {
      if (last > read && stick.current && document.hasFocus()) markRead(id, last).catch(() => {});
    };
    const timer = setTimeout(mark, 700);
    addEventListener("focus", mark);
    return () => {
      clearTimeout(timer);
      removeEventListener("focus", mark);
    };
  }, [id, last, read, fresh]);

  if (query.isPending) {
    return (
      <div className={css.scroll}>
        <Bones rows={6} kind="bubble" />
      </div>
    );
  }
  if (query.isError && !items.length) {
    return (
      <div className={css.scroll}>
        <Failed error={query.error} retry={() => void query.refetch()} />
      </div>
    );
  }
  const now = serverNow();
  const firstNew = unreadAfter === null ? undefined : items.find((item) => item.seq > unreadAfter && item.kind === "inbound");
  return (
    <div className={css.threadBox}>
      {/* A scrolling area must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={css.scroll} ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={t("thread.label")} aria-live="off">
        {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
        <div className={css.inner} ref={inner} onKeyDownCapture={onKeys}>
          {(query.data?.has_before || window.from > (seqs[0] ?? 0)) && (
            <div className={css.edge}>{failed ? <Failed small error={null} retry={up} /> : <Bones rows={1} kind="bubble" />}</div>
          )}
          <AboutContact value={contact}>
          {days.map((one) => (
            <section key={one.key} className={css.dayGroup} aria-label={day(i18n, one.at, now)}>
              <div className={css.day} aria-hidden>
                <span>{day(i18n, one.at, now)}</span>
              </div>
              {one.messages.map((message, at) => {
                const isNew = firstNew?.seq === message.seq;
                return (
                  <Fragment key={message.seq}>
                    {isNew && (
                      <div className={css.newLine}>
                        <span>{t("thread.new")}</span>
                      </div>
                    )}
                    <MessageView
                      message={message}
                      mine={message.author?.id === me.employee.id}
                      joined={!isNew && together(one.messages[at - 1], message)}
                      onJump={jump}
                      tabStop={message.seq === tabStop}
                      quote={message.reply_to ? quoted.get(message.reply_to) : undefined}
                      subject={subjects.get(message.id)}
                      clientRead={(contact?.client_read_seq ?? 0) >= message.seq}
                    />
                  </Fragment>
                );
              })}
            </section>
          ))}
          </AboutContact>
          <PendingBubbles contact={id} entries={underWay(pending, items)} />
          <TypingLine id={id} name={named(row.client, t)} />
        </div>
      </div>
      {(fresh > 0 || behind) && (
        <button type="button" className={css.pill} data-fresh={fresh > 0 || undefined} onClick={toEnd}>
          <Icon name="arrowDown" size={16} />
          {fresh > 0 ? t("thread.fresh", { n: fresh }) : t("thread.to_end")}
        </button>
      )}
    </div>
  );
}
