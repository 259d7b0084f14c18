import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Department } from "../../api/types";
import { useMay } from "../../api/hooks";
import { Avatar } from "../../ui/Avatar";
import { Icon } from "../../ui/Icon";
import { AdminPage } from "../kit/AdminPage";
import { useArchive } from "../kit/useArchive";
import { Checklist } from "../kit/fields";
import { ListTools, Tag } from "../kit/parts";
import { RecordDrawer } from "../kit/RecordDrawer";
import { type Column, RecordTable } from "../kit/RecordTable";
import { useForm } from "../kit/useForm";
import { useOpened } from "../kit/useOpened";
import { changeRecord, createRecord, useRecords } from "../kit/useRecords";
import { useWords } from "../texts";
import css from "./people.module.css";

export default function DepartmentsPage() {
  const { w } = useWords();
  const may = useMay("administer");
  const [archived, setArchived] = useState(false);
  const records = useRecords("/departments", { archived });
  const { data: queues } = useRecords("/queues");
  const opened = useOpened("departments", records);
  const names = new Map(records.data?.map((one) => [one.id, one.name]));
  const add = may && (
    <Button onClick={() => opened.open("new")} leftSection={<Icon name="plus" size={16} />}>
      {w("departments.add")}
    </Button>
  );
  const columns: Column<Department>[] = [
    { title: w("field.name"), cell: (one) => <>{one.name} {one.archived_at && <Tag>{w("state.archived")}</Tag>}</> },
    { title: w("departments.parent"), wide: true, cell: (one) => (one.parent_id ? names.get(one.parent_id) : <span className={css.muted}>—</span>) },
    { title: w("departments.members"), cell: (one) => w("count.people", { n: one.members.length }) },
    { title: w("page.queues"), wide: true, cell: (one) => (queues ?? []).filter((queue) => queue.department_id === one.id).map((queue) => queue.name).join(", ") || <span className={css.muted}>—</span> },
  ];
  return (
    <AdminPage title={w("page.departments")} text={w("departments.text")} action={add}>
      <ListTools archived={archived} onArchived={setArchived} />
      <RecordTable
        label={w("page.departments")}
        records={records}
        columns={columns}
        onOpen={(one) => opened.open(one.id)}
        dimmed={(one) => Boolean(one.archived_at)}
        empty={{ icon: "building", title: w("departments.none"), text: w("departments.none_text"), action: add }}
      />
      {(opened.fresh || opened.record) && <DepartmentDrawer key={opened.record?.id ?? "new"} department={opened.record} all={records.data ?? []} onClose={opened.close} />}
    </AdminPage>
  );
}

function DepartmentDrawer({ department, all, onClose }: { department: Department | undefined; all: Department[]; onClose: () => void }) {
  const { t, w } = useWords();
  const { data: staff } = useRecords("/employees");
  const form = useForm({
    record: department,
    start: { name: department?.name ?? "", parent_id: department?.parent_id ?? null, members: department?.members ?? [] },
    check: ({ name }) => (name.trim() ? {} : { name: w("fault.missing") }),
    save: async (values, changes, record) => {
      if (record) await changeRecord("/departments", record, changes);
      else await createRecord("/departments", values);
    },
  });
  const archive = useArchive("/departments", department, form.dirty, onClose);
  return (
    <RecordDrawer title={department?.name ?? w("departments.new")} form={form} onClose={onClose} acts={archive} saveLabel={department ? undefined : w("form.add")}>
      <TextInput label={w("field.name")} {...form.text("name")} data-autofocus />
      <Select
        label={w("departments.parent")}
        description={w("departments.parent_text")}
        placeholder={w("departments.top")}
        clearable
        clearButtonProps={{ "aria-label": w("form.clear") }}
        data={all.filter((one) => one.id !== department?.id && !one.archived_at).map((one) => ({ value: one.id, label: one.name }))}
        {...form.value("parent_id")}
      />
      <Checklist
        label={w("departments.members")}
        text={w("departments.members_text")}
        items={(staff ?? []).filter((one) => one.state !== "disabled" || department?.members.includes(one.id)).map((one) => ({ id: one.id, label: one.name, hint: t(`role.${one.role}`), face: <Avatar id={one.id} name={one.name} size={24} /> }))}
        empty={w("employees.none")}
        {...form.value("members")}
      />
    </RecordDrawer>
  );
}
