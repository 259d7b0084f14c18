import { ActionIcon, Menu, TextInput } from "@mantine/core";
import { useCallback, useMemo, useRef, useState } from "react";
import { preferencesOf, useContacts, useCounts, useMe, useRested } from "../api/hooks";
import type { ContactRow, Sort } from "../api/types";
import { useActions } from "../actions/registry";
import { useI18n } from "../i18n";
import { useTopics } from "../live/connection";
import { Icon } from "../ui/Icon";
import { Bones, Empty, Failed } from "../ui/states";
import { useMedia } from "../ui/useMedia";
import { VirtualList } from "../ui/VirtualList";
import { goTo, type InboxPlace, VIEWS } from "./place";
import { Row } from "./Row";
import { countOf, useMyQueues, ViewChips } from "./Views";
import css from "./list.module.css";

const SORTS: readonly Sort[] = ["newest", "oldest", "waiting"];

function firstSort(view: string): Sort {
  return view === "waiting" || view === "queue" ? "waiting" : "newest";
}

export function List({ place, chips }: { place: InboxPlace; chips: boolean }) {
  const { t } = useI18n();
  const me = useMe();
  const compact = preferencesOf(me).density === "compact";
  const phone = useMedia("(max-width: 48em)");
  const [typed, setTyped] = useState("");
  const [sorts, setSorts] = useState<Partial<Record<string, Sort>>>({});
  const sort = sorts[place.view] ?? firstSort(place.view);
  const q = useRested(typed.trim(), 250);
  const search = useRef<HTMLInputElement>(null);
  const list = useContacts({ view: place.view, queue: place.queue, q, sort });
  const { data: counts } = useCounts();
  const queues = useMyQueues();
  const items = useMemo(() => unique(list.data?.pages.flatMap((page) => page.items) ?? []), [list.data]);
  const [sight, setSight] = useState("");

  // New contacts of the queues shown here, and "is typing" in the rows in sight.
  useTopics(queues.map((queue) => `queue:${queue.id}`).join(" "));
  const watched = useRested(sight, 400);
  useTopics(watched.split(" ").filter(Boolean).slice(0, 40).map((id) => `contact:${id}`).join(" "));

  const at = items.findIndex((item) => item.id === place.contact);
  const go = (step: number) => {
    const next = items[Math.max(0, Math.min(items.length - 1, at < 0 ? 0 : at + step))];
    if (next) goTo({ ...place, contact: next.id });
  };
  useActions([
    { id: "next", icon: "arrowDown", run: () => go(1) },
    { id: "previous", icon: "arrowDown", run: () => go(-1) },
    { id: "search", icon: "search", run: () => search.current?.focus() },
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({
      id: `nth-${n}`,
      title: "act.nth" as const,
      group: "list" as const,
      icon: "inbox" as const,
      run: () => {
        const item = items[n - 1];
        if (item) goTo({ ...place, contact: item.id });
      },
    })),
    ...VIEWS.map((view) => ({
      id: `view-${view}`,
      title: `view.${view}` as const,
      group: "go" as const,
      icon: "filter" as const,
      run: () => goTo({ view }),
    })),
  ]);

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const drawRow = useCallback(
    (item: ContactRow) => <Row row={item} chosen={item.id === place.contact} place={place} compact={compact} />,
    [place, compact],
  );
  const queueName = queues.find((queue) => queue.id === place.queue)?.name;
  const count = place.queue ? counts?.queues[place.queue] : countOf(counts, place.view);
  return (
    <section className={css.pane} aria-label={t("list.label")} data-phone={phone || undefined}>
      <header className={css.head}>
        <h1 className="ellipsis">{queueName ?? t(`view.${place.view}`)}</h1>
        {typeof count === "number" && <span className={`${css.total} tabular`}>{count}</span>}
        <span className={css.push} />
        <Menu position="bottom-end" width={240}>
          <Menu.Target>
            <ActionIcon aria-label={t("list.sort")} title={t("list.sort")}>
              <Icon name="sort" size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{t("list.sort")}</Menu.Label>
            {SORTS.map((one) => (
              <Menu.Item key={one} rightSection={one === sort ? <Icon name="check" size={16} /> : null} onClick={() => setSorts({ ...sorts, [place.view]: one })}>
                {t(`sort.${one}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </header>
      {chips && <ViewChips place={place} />}
      <div className={css.filters}>
        <TextInput
          ref={search}
          type="search"
          size="xs"
          aria-label={t("list.search")}
          placeholder={t("list.search")}
          leftSection={<Icon name="search" size={15} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              setTyped("");
              search.current?.blur();
            }
          }}
        />
        {(chips || place.view !== "queue") && (
          <Menu position="bottom-end" width={270}>
            <Menu.Target>
              <button type="button" className={css.queueFilter} data-on={place.queue ? true : undefined}>
                <span className="visually-hidden">{t("list.queue")}</span>
                <Icon name="filter" size={14} />
                <span className="ellipsis">{queueName ?? t("list.all_queues")}</span>
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item rightSection={place.queue ? null : <Icon name="check" size={16} />} onClick={() => goTo({ ...place, queue: null })}>
                {t("list.all_queues")}
              </Menu.Item>
              <Menu.Divider />
              {queues.map((queue) => (
                <Menu.Item key={queue.id} rightSection={queue.id === place.queue ? <Icon name="check" size={16} /> : null} onClick={() => goTo({ ...place, queue: queue.id })}>
                  {queue.name}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      {list.isPending ? (
        <Bones rows={9} />
      ) : list.isError && !items.length ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : items.length === 0 ? (
        <Nothing place={place} filtered={Boolean(q || place.queue)} clear={() => (setTyped(""), goTo({ ...place, queue: null }))} />
      ) : (
        <VirtualList
          items={items}
          height={compact ? 60 : 76}
          keyOf={(item) => item.id}
          className={css.rows}
          label={t(`view.${place.view}`)}
          chosen={place.contact}
          more={more}
          onSight={setSight}
          row={drawRow}
          footer={isFetchingNextPage ? <Bones rows={1} /> : null}
        />
      )}
    </section>
  );
}

function Nothing({ place, filtered, clear }: { place: InboxPlace; filtered: boolean; clear: () => void }) {
  const { t } = useI18n();
  const me = useMe();
  if (filtered) {
    return (
      <Empty
        icon="search"
        title={t("empty.filtered")}
        action={
          <button type="button" className={css.plainButton} onClick={clear}>
            {t("empty.clear")}
          </button>
        }
      />
    );
  }
  const ready = me.presence === "ready";
  const text = place.view === "mine" && !ready ? t("empty.mine_not_ready") : t(`empty.${place.view}_text`);
  return <Empty icon={place.view === "closed" ? "history" : "inbox"} title={t(`empty.${place.view}`)} text={text} />;
}

/** Pages fetched at different moments may overlap. */
function unique(rows: ContactRow[]): ContactRow[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id));
}
