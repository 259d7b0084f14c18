import { Button, SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import type { StaffMember } from "../../api/types";
import { useMay, useNames } from "../../api/hooks";
import type { PresenceState } from "../../api/types";
import { titled } from "../../i18n";
import { Avatar } from "../../ui/Avatar";
import { Icon } from "../../ui/Icon";
import { AdminPage } from "../kit/AdminPage";
import { ListTools, matches, OnceDialog, type Shown, Tag } from "../kit/parts";
import { type Column, RecordTable } from "../kit/RecordTable";
import { useOpened } from "../kit/useOpened";
import { useRecords } from "../kit/useRecords";
import { useWords } from "../texts";
import { EmployeeDrawer } from "./EmployeeDrawer";
import css from "./people.module.css";

const STATES = ["all", "active", "invited", "disabled"] as const;
const TONES = { active: "good", invited: "accent", disabled: "none" } as const;
const SIGNS = { active: "check", invited: "mail", disabled: "lock" } as const;

export function StateTag({ state }: { state: StaffMember["state"] }) {
  const { w } = useWords();
  return (
    <Tag tone={TONES[state]} icon={SIGNS[state]}>
      {w(`staff.${state}`)}
    </Tag>
  );
}

function Presence({ employee }: { employee: StaffMember }) {
  const { t, locale } = useWords();
  const { employees, breaks } = useNames();
  const live = employees.get(employee.id);
  const presence: PresenceState = live?.presence ?? employee.presence;
  const reason = presence === "break" && live?.presence_reason ? titled(breaks.get(live.presence_reason)?.title, locale) : "";
  if (employee.state !== "active") return <span className={css.muted}>—</span>;
  return (
    <span className={css.presence} data-presence={presence}>
      <i />
      {reason || t(`presence.${presence}`)}
    </span>
  );
}

/** Names of ids: two of them, and how many more. */
function Few({ ids, names }: { ids: readonly string[]; names: ReadonlyMap<string, string> }) {
  const { w } = useWords();
  const known = ids.map((id) => names.get(id)).filter(Boolean);
  if (!known.length) return <span className={css.muted}>—</span>;
  return <span title={known.join("\n")}>{known.slice(0, 2).join(", ") + (known.length > 2 ? ` ${w("list.and_more", { n: known.length - 2 })}` : "")}</span>;
}

export default function EmployeesPage() {
  const { t, w } = useWords();
  const may = useMay("administer");
  const records = useRecords("/employees");
  const departments = useRecords("/departments");
  const { queues } = useNames();
  const opened = useOpened("employees", records);
  const [search, setSearch] = useState("");
  const [state, setState] = useState<(typeof STATES)[number]>("all");
  const [shown, setShown] = useState<Shown | null>(null);
  const departmentNames = useMemo(() => new Map(departments.data?.map((one) => [one.id, one.name])), [departments.data]);
  const queueNames = useMemo(() => new Map([...queues.values()].map((one) => [one.id, one.name])), [queues]);

  const invite = may && (
    <Button onClick={() => opened.open("new")} leftSection={<Icon name="plus" size={16} />}>
      {w("employees.invite")}
    </Button>
  );
  const columns: Column<StaffMember>[] = [
    {
      title: w("field.person"),
      cell: (one) => (
        <span className={css.person}>
          <Avatar id={one.id} name={one.name} size={34} />
          <span>
            {one.name}
            <small>{one.email}</small>
          </span>
        </span>
      ),
    },
    { title: w("field.role"), wide: true, cell: (one) => t(`role.${one.role}`) },
    { title: w("page.departments"), wide: true, cell: (one) => <Few ids={one.departments} names={departmentNames} /> },
    { title: w("page.queues"), wide: true, cell: (one) => <Few ids={one.queues} names={queueNames} /> },
    { title: w("field.state"), cell: (one) => <StateTag state={one.state} /> },
    { title: w("field.presence"), wide: true, cell: (one) => <Presence employee={one} /> },
  ];
  return (
    <AdminPage title={w("page.employees")} text={w("employees.text")} action={invite}>
      <ListTools search={search} onSearch={setSearch} searchLabel={w("employees.search")}>
        <SegmentedControl size="xs" aria-label={w("field.state")} value={state} onChange={(value) => setState(value as typeof state)} data={STATES.map((value) => ({ value, label: value === "all" ? w("list.all") : w(`staff.${value}`) }))} />
      </ListTools>
      <RecordTable
        label={w("page.employees")}
        records={records}
        columns={columns}
        onOpen={(one) => opened.open(one.id)}
        dimmed={(one) => one.state === "disabled"}
        filter={(one) => (state === "all" || one.state === state) && matches(search, one.name, one.email, t(`role.${one.role}`))}
        empty={{ icon: "clients", title: w("employees.none"), text: w("employees.none_text"), action: invite }}
      />
      {(opened.fresh || opened.record) && <EmployeeDrawer key={opened.record?.id ?? "new"} employee={opened.record} onClose={opened.close} onShown={setShown} />}
      {shown && <OnceDialog shown={shown} onClose={() => setShown(null)} />}
    </AdminPage>
  );
}
