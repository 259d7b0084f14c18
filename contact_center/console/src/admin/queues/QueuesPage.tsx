import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../../api/http";
import type { QueueRecord } from "../../api/types";
import { useMay, useNames } from "../../api/hooks";
import { lasting } from "../../i18n/time";
import { Icon } from "../../ui/Icon";
import { AdminPage } from "../kit/AdminPage";
import { Lines, ListTools, matches, Tag } from "../kit/parts";
import { type Column, RecordTable } from "../kit/RecordTable";
import { useOpened } from "../kit/useOpened";
import { useRecords } from "../kit/useRecords";
import { type AdminI18n, useWords } from "../texts";
import { runs } from "./hours";
import { QueueDrawer } from "./QueueDrawer";
import css from "./queues.module.css";

/** "Mon–Fri 09:00–20:00; Sat 10:00–16:00". */
function hoursInWords({ w }: AdminI18n, queue: QueueRecord): string {
  const told = runs(queue.hours).map(({ from, to, spans }) => {
    const days = from === to ? w(`day_short.${from}`) : `${w(`day_short.${from}`)}–${w(`day_short.${to}`)}`;
    return `${days} ${spans.map(([start, end]) => `${start}–${end}`).join(", ")}`;
  });
  return told.join("; ") || w("hours.always");
}

const EVERY = 60_000;

/** Of what clients were told about their wait, how much came true; by the busiest medium. */
function useAccuracy() {
  const { data } = useQuery({ queryKey: ["admin", "/waits/accuracy"], queryFn: () => get("/waits/accuracy"), refetchInterval: EVERY });
  const best = new Map<string, NonNullable<typeof data>["items"][number]>();
  for (const one of data?.items ?? []) if (one.promises > (best.get(one.queue_id)?.promises ?? 0)) best.set(one.queue_id, one);
  return best;
}

export default function QueuesPage() {
  const i18n = useWords();
  const { w } = i18n;
  const may = useMay("administer");
  const { queues } = useNames();
  const [archived, setArchived] = useState(false);
  const [search, setSearch] = useState("");
  const records = useRecords("/queues", { archived });
  const departments = useRecords("/departments", { archived: true });
  const departmentOf = (queue: QueueRecord) => departments.data?.find((one) => one.id === queue.department_id)?.name ?? "";
  const opened = useOpened("queues", records);
  const accuracy = useAccuracy();
  const kept = (queue: QueueRecord) => {
    const one = accuracy.get(queue.id);
    if (!one) return "—";
    return <Lines title={w("queues.kept", { n: Math.round(100 * (one.within_high ?? 0)) })} text={w("queues.kept_of", { n: one.promises, off: lasting(i18n, 1000 * (one.off ?? 0)) })} />;
  };
  const add = may && (
    <Button onClick={() => opened.open("new")} leftSection={<Icon name="plus" size={16} />}>
      {w("queues.add")}
    </Button>
  );
  const state = (queue: QueueRecord) => {
    if (queue.archived_at) return <Tag>{w("state.archived")}</Tag>;
    const live = queues.get(queue.id);
    return live?.open === false ? <Tag icon="moon">{w("queues.closed_now")}</Tag> : <Tag tone="good" icon="check">{w("queues.open_now")}</Tag>;
  };
  const columns: Column<QueueRecord>[] = [
    { title: w("field.name"), cell: (queue) => <Lines title={queue.name} text={departmentOf(queue)} /> },
    { title: w("queues.members"), cell: (queue) => (queue.members.length ? w("count.people", { n: queue.members.length }) : <Tag tone="warn" icon="warning">{w("queues.nobody")}</Tag>) },
    { title: w("hours.title"), wide: true, cell: (queue) => <Lines title={<span className={css.hours}>{hoursInWords(i18n, queue)}</span>} text={Object.keys(queue.hours).length ? queue.zone : undefined} /> },
    { title: w("queues.waiting"), wide: true, end: true, cell: (queue) => <span className="tabular">{queues.get(queue.id)?.waiting ?? 0}</span> },
    { title: w("queues.promises"), wide: true, cell: kept },
    { title: w("field.state"), cell: state },
  ];
  return (
    <AdminPage title={w("page.queues")} text={w("queues.text")} action={add}>
      <ListTools search={search} onSearch={setSearch} archived={archived} onArchived={setArchived} />
      <RecordTable
        label={w("page.queues")}
        records={records}
        columns={columns}
        onOpen={(queue) => opened.open(queue.id)}
        dimmed={(queue) => Boolean(queue.archived_at)}
        filter={(queue) => matches(search, queue.name, departmentOf(queue))}
        empty={{ icon: "queue", title: w("queues.none"), text: w("queues.none_text"), action: add }}
      />
      {(opened.fresh || opened.record) && <QueueDrawer key={opened.record?.id ?? "new"} queue={opened.record} onClose={opened.close} />}
    </AdminPage>
  );
}
