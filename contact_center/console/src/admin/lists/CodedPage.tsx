/** A short list an administrator keeps: kinds of request, result codes, break reasons. */
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useMay, useNames } from "../../api/hooks";
import { titled } from "../../i18n";
import { Icon } from "../../ui/Icon";
import type { IconName } from "../../ui/icons";
import { toast } from "../../ui/toasts";
import { AdminPage } from "../kit/AdminPage";
import { type TwoTexts, TwoTextFields } from "../kit/fields";
import { ListTools, Tag } from "../kit/parts";
import { RecordDrawer } from "../kit/RecordDrawer";
import { type Column, RecordTable } from "../kit/RecordTable";
import { useArchive } from "../kit/useArchive";
import { useForm } from "../kit/useForm";
import { useOpened } from "../kit/useOpened";
import { changeRecord, createRecord, useRecords } from "../kit/useRecords";
import type { Coded, ResultCode } from "../../api/types";
import { useProblemWords } from "../kit/useProblemWords";
import { useWords } from "../texts";
import { codeFrom, movedPositions } from "./order";
import css from "./lists.module.css";

/** Result codes say, beyond what all entries do, for which queue they are. */
type Entry = Coded & Partial<ResultCode>;

interface Values {
  code: string;
  title: TwoTexts;
  queue_id: string | null;
}

interface ListProps {
  /** Its place in the API and in the address. */
  path: "kinds" | "result-codes" | "break-reasons";
  words: "kinds" | "result_codes" | "break_reasons";
  icon: IconName;
  ofQueues?: boolean;
}

export function CodedPage({ path, words, icon, ofQueues }: ListProps) {
  const { w, locale } = useWords();
  const text = useProblemWords();
  const may = useMay("administer");
  const { queues } = useNames();
  const [archived, setArchived] = useState(false);
  const records = useRecords(`/${path}` as const, { archived });
  const opened = useOpened(path, records);
  const [moving, setMoving] = useState(false);
  const live = (records.data ?? []).filter((one) => !one.archived_at);

  const move = async (entry: Entry, by: -1 | 1) => {
    setMoving(true);
    try {
      for (const one of movedPositions(live, entry.id, by)) await changeRecord(`/${path}` as const, { id: one.id }, { position: one.position });
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setMoving(false);
    }
  };
  const add = may && (
    <Button onClick={() => opened.open("new")} leftSection={<Icon name="plus" size={16} />}>
      {w(`${words}.add`)}
    </Button>
  );
  const columns: Column<Entry>[] = [
    { title: w("field.title"), cell: (entry) => titled(entry.title, locale) },
    { title: w("field.other_language"), wide: true, cell: (entry) => <span className={css.muted}>{entry.title[locale === "ru" ? "en" : "ru"] ?? "—"}</span> },
    { title: w("field.code"), wide: true, cell: (entry) => <code className={css.code}>{entry.code}</code> },
  ];
  if (ofQueues) columns.push({ title: w("field.queue"), cell: (entry) => (entry.queue_id ? (queues.get(entry.queue_id)?.name ?? "—") : <span className={css.muted}>{w("result_codes.all_queues")}</span>) });
  columns.push({
    title: w("list.order"),
    acts: true,
    cell: (entry) => {
      if (entry.archived_at) return <Tag>{w("state.archived")}</Tag>;
      const at = live.indexOf(entry);
      const name = titled(entry.title, locale);
      return may ? (
        <span>
          <ActionIcon className={css.move} disabled={moving || at <= 0} onClick={() => void move(entry, -1)} aria-label={w("list.up", { name })}>
            <Icon name="arrowDown" size={16} className={css.up} />
          </ActionIcon>
          <ActionIcon className={css.move} disabled={moving || at >= live.length - 1} onClick={() => void move(entry, 1)} aria-label={w("list.down", { name })}>
            <Icon name="arrowDown" size={16} />
          </ActionIcon>
        </span>
      ) : null;
    },
  });
  return (
    <AdminPage title={w(`page.${words}`)} text={w(`${words}.text`)} action={add}>
      <ListTools archived={archived} onArchived={setArchived} />
      <RecordTable
        label={w(`page.${words}`)}
        records={records}
        columns={columns}
        onOpen={(entry) => opened.open(entry.id)}
        dimmed={(entry) => Boolean(entry.archived_at)}
        empty={{ icon, title: w(`${words}.none`), text: w(`${words}.none_text`), action: add }}
      />
      {(opened.fresh || opened.record) && <EntryDrawer key={opened.record?.id ?? "new"} path={path} words={words} ofQueues={ofQueues} entry={opened.record} next={live.length} onClose={opened.close} />}
    </AdminPage>
  );
}

interface EntryProps extends Pick<ListProps, "path" | "words" | "ofQueues"> {
  entry: Entry | undefined;
  /** The position of a new entry: the last. */
  next: number;
  onClose: () => void;
}

function EntryDrawer({ path, words, ofQueues, entry, next, onClose }: EntryProps) {
  const { w, locale } = useWords();
  const { queues } = useNames();
  const [typed, setTyped] = useState(false);
  const form = useForm<Values>({
    record: entry,
    start: { code: entry?.code ?? "", title: { ru: entry?.title.ru ?? "", en: entry?.title.en ?? "" }, queue_id: entry?.queue_id ?? null },
    check: ({ code, title }) => ({
      ...(title.ru.trim() && title.en.trim() ? {} : { title: w("fault.both_languages") }),
      ...(entry || /^[a-z0-9][a-z0-9_-]{0,39}$/.test(code) ? {} : { code: w("fault.code") }),
    }),
    save: async ({ code, title, queue_id }, changes, record) => {
      if (record) await changeRecord(`/${path}` as const, record, changes);
      else await createRecord(`/${path}` as const, { code, title, position: next, ...(ofQueues ? { queue_id } : {}) });
    },
  });
  const archive = useArchive(`/${path}` as const, entry, form.dirty, onClose);
  const retitle = (title: TwoTexts) => form.set({ title, ...(entry || typed ? {} : { code: codeFrom(title.en || title.ru) }) });
  return (
    <RecordDrawer
      title={entry ? titled(entry.title, locale) : w(`${words}.new`)}
      form={form}
      onClose={onClose}
      saveLabel={entry ? undefined : w("form.add")}
      acts={archive}
    >
      <TwoTextFields label={w("field.title")} text={w(`${words}.title_text`)} value={form.values.title} onChange={retitle} error={form.faults.title} required />
      <TextInput
        label={w("field.code")}
        description={w(entry ? "field.code_fixed" : "field.code_text")}
        {...form.text("code")}
        onChange={(event) => {
          setTyped(true);
          form.set({ code: event.currentTarget.value.toLowerCase() });
        }}
        disabled={Boolean(entry)}
        required={!entry}
        withAsterisk={false}
      />
      {ofQueues && (
        <Select
          label={w("field.queue")}
          description={w("result_codes.queue_text")}
          placeholder={w("result_codes.all_queues")}
          clearable
          clearButtonProps={{ "aria-label": w("form.clear") }}
          data={[...queues.values()].map((queue) => ({ value: queue.id, label: queue.name }))}
          value={form.values.queue_id}
          onChange={(queue_id) => form.set({ queue_id })}
          error={form.faults.queue_id}
        />
      )}
      {entry?.archived_at && <p className={css.muted}>{w("archive.text")}</p>}
    </RecordDrawer>
  );
}
