import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Brand } from "../../api/types";
import { useMay, useMe } from "../../api/hooks";
import { Icon } from "../../ui/Icon";
import { AdminPage } from "../kit/AdminPage";
import { offsetOf, TwoTextFields, ZoneSelect } from "../kit/fields";
import { lettersOf, textsOf, unknownIn } from "../kit/letters";
import { Group, ListTools, Tag } from "../kit/parts";
import { RecordDrawer } from "../kit/RecordDrawer";
import { type Column, RecordTable } from "../kit/RecordTable";
import { useArchive } from "../kit/useArchive";
import { useForm } from "../kit/useForm";
import { useOpened } from "../kit/useOpened";
import { changeRecord, createRecord, useRecords } from "../kit/useRecords";
import { useWords } from "../texts";

export default function BrandsPage() {
  const { w } = useWords();
  const may = useMay("administer");
  const [archived, setArchived] = useState(false);
  const records = useRecords("/brands", { archived });
  const { data: accounts } = useRecords("/accounts");
  const opened = useOpened("brands", records);
  const add = may && (
    <Button onClick={() => opened.open("new")} leftSection={<Icon name="plus" size={16} />}>
      {w("brands.add")}
    </Button>
  );
  const columns: Column<Brand>[] = [
    { title: w("field.name"), cell: (one) => <>{one.name} {one.archived_at && <Tag>{w("state.archived")}</Tag>}</> },
    { title: w("field.locale"), wide: true, cell: (one) => w(`locale.${one.locale as "ru"}`) },
    { title: w("field.zone"), wide: true, cell: (one) => `${one.zone} · ${offsetOf(one.zone)}` },
    { title: w("page.accounts"), cell: (one) => w("count.accounts", { n: (accounts ?? []).filter((account) => account.brand_id === one.id).length }) },
  ];
  return (
    <AdminPage title={w("page.brands")} text={w("brands.text")} action={add}>
      <ListTools archived={archived} onArchived={setArchived} />
      <RecordTable label={w("page.brands")} records={records} columns={columns} onOpen={(one) => opened.open(one.id)} dimmed={(one) => Boolean(one.archived_at)} empty={{ icon: "star", title: w("brands.none"), text: w("brands.none_text"), action: add }} />
      {(opened.fresh || opened.record) && <BrandDrawer key={opened.record?.id ?? "new"} brand={opened.record} onClose={opened.close} />}
    </AdminPage>
  );
}

const IN_SIGNATURE = ["employee", "brand"];

function BrandDrawer({ brand, onClose }: { brand: Brand | undefined; onClose: () => void }) {
  const { w } = useWords();
  const { workspace } = useMe();
  const form = useForm({
    record: brand,
    start: { name: brand?.name ?? "", locale: brand?.locale ?? workspace.locale, zone: brand?.zone ?? workspace.zone, signature: textsOf(brand?.letters, "signature") },
    check: ({ name, signature }) => {
      const [unknown] = unknownIn(signature, IN_SIGNATURE);
      return {
        ...(name.trim() ? {} : { name: w("fault.missing") }),
        ...(unknown === undefined ? {} : { signature: w("letters.unknown", { name: `{${unknown}}` }) }),
      };
    },
    save: async ({ signature, ...values }, { signature: changed, ...changes }, record) => {
      const letters = lettersOf({ signature });
      if (record) await changeRecord("/brands", record, { ...changes, ...(changed ? { letters } : {}) });
      else await createRecord("/brands", { ...values, letters });
    },
  });
  const archive = useArchive("/brands", brand, form.dirty, onClose);
  return (
    <RecordDrawer title={brand?.name ?? w("brands.new")} form={form} onClose={onClose} acts={archive} saveLabel={brand ? undefined : w("form.add")}>
      <TextInput label={w("field.name")} description={w("brands.name_text")} {...form.text("name")} data-autofocus />
      <Select label={w("field.locale")} allowDeselect={false} data={[{ value: "ru", label: "Русский" }, { value: "en", label: "English" }]} {...form.value("locale")} />
      <ZoneSelect label={w("field.zone")} {...form.value("zone")} />
      <Group title={w("letters.title")}>
        <TwoTextFields label={w("letters.signature")} text={w("letters.brand_text", { places: "{employee}, {brand}" })} long value={form.values.signature} onChange={(signature) => form.set({ signature })} error={form.faults.signature} />
      </Group>
    </RecordDrawer>
  );
}
