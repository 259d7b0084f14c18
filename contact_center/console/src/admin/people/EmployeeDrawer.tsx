import { Button, Select, TextInput } from "@mantine/core";
import { Suspense } from "react";
import type { StaffMember } from "../../api/types";
import { useDirectory, useMay, useMe } from "../../api/hooks";
import { get, post } from "../../api/http";
import type { Role } from "../../api/types";
import { Icon, mediumIcon } from "../../ui/Icon";
import { lazily } from "../../ui/lazily";
import { toast } from "../../ui/toasts";
import { Checklist, NumberField, ZoneSelect } from "../kit/fields";
import { Group, Pair, type Shown, useConfirm } from "../kit/parts";
import { RecordDrawer } from "../kit/RecordDrawer";
import { useForm } from "../kit/useForm";
import { changeRecord, createRecord, useRecords } from "../kit/useRecords";
import { useProblemWords } from "../kit/useProblemWords";
import { useWords } from "../texts";
import { COSTS, fits, FULL_BUDGET, MEDIA } from "./capacity";
import css from "./people.module.css";

interface Values {
  name: string;
  email: string;
  role: Role;
  locale: string;
  zone: string;
  departments: string[];
  queues: string[];
  budget: number | null;
  ceilings: Record<string, number>;
}

const WhyIdle = lazily(() => import("../../routing/WhyIdle"));

const ROLES: Role[] = ["operator", "supervisor", "administrator", "light"];
const EMAIL = /^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$/;

interface DrawerProps {
  employee: StaffMember | undefined;
  onClose: () => void;
  /** A link was made: show it, this once. */
  onShown: (shown: Shown) => void;
}

export function EmployeeDrawer({ employee, onClose, onShown }: DrawerProps) {
  const { t, w } = useWords();
  const me = useMe();
  const { data: directory } = useDirectory();
  const departments = useRecords("/departments");
  const linkFor = (name: string, link: string, invited: boolean): Shown => ({
    title: w(invited ? "link.invitation" : "link.reset"),
    text: w("link.text", { name }),
    entries: [{ label: w("link.label"), value: link }],
  });
  const form = useForm<Values>({
    record: employee,
    start: {
      name: employee?.name ?? "",
      email: employee?.email ?? "",
      role: employee?.role ?? "operator",
      locale: employee?.locale ?? me.workspace.locale,
      zone: employee?.zone ?? me.workspace.zone,
      departments: employee?.departments ?? [],
      queues: employee?.queues ?? [],
      budget: employee?.budget ?? FULL_BUDGET,
      ceilings: employee?.ceilings ?? {},
    },
    check: ({ name, email, budget }) => ({
      ...(name.trim() ? {} : { name: w("fault.missing") }),
      ...(EMAIL.test(email.trim()) ? {} : { email: w("fault.email") }),
      ...(budget !== null && budget >= 0 && budget <= 1000 ? {} : { budget: w("fault.range", { from: 0, to: 1000 }) }),
    }),
    save: async ({ name, email, role, locale, zone, departments: own, queues }, changes, record) => {
      if (record) await changeRecord("/employees", record, changes);
      else {
        const made = await createRecord("/employees", { name, email: email.trim(), role, locale, zone, departments: own, queues });
        onShown(linkFor(name, made.invitation_link, true));
      }
    },
  });
  const { values } = form;
  return (
    <RecordDrawer
      title={employee?.name ?? w("employees.new")}
      form={form}
      onClose={onClose}
      size={520}
      saveLabel={employee ? undefined : w("employees.send")}
      onSaved={employee ? undefined : onClose}
    >
      {!employee && <p className={css.muted}>{w("employees.new_text")}</p>}
      <Suspense fallback={null}>{employee?.state === "active" && employee.role !== "light" && <WhyIdle id={employee.id} />}</Suspense>
      <Group>
        <TextInput label={w("field.person_name")} {...form.text("name")} required withAsterisk={false} data-autofocus autoComplete="off" />
        <TextInput label={w("field.email")} type="email" {...form.text("email")} required withAsterisk={false} autoComplete="off" />
        <Select label={w("field.role")} description={w(`role_text.${values.role}`)} allowDeselect={false} data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))} {...form.value("role")} />
        <Pair>
          <Select label={w("field.locale")} allowDeselect={false} data={[{ value: "ru", label: "Русский" }, { value: "en", label: "English" }]} {...form.value("locale")} />
          <ZoneSelect label={w("field.zone")} {...form.value("zone")} />
        </Pair>
      </Group>
      <Group>
        <Checklist label={w("page.departments")} text={w("employees.departments_text")} items={(departments.data ?? []).map((one) => ({ id: one.id, label: one.name }))} empty={w("departments.none")} {...form.value("departments")} />
        <Checklist label={w("page.queues")} text={w("employees.queues_text")} items={(directory?.queues ?? []).map((one) => ({ id: one.id, label: one.name }))} empty={w("queues.none")} {...form.value("queues")} />
      </Group>
      {employee && <Capacity budget={values.budget} ceilings={values.ceilings} error={form.faults.budget} set={form.set} />}
      {employee && <Access employee={employee} dirty={form.dirty} onClose={onClose} onShown={(link) => onShown(linkFor(employee.name, link, employee.state === "invited"))} />}
    </RecordDrawer>
  );
}

interface CapacityProps {
  budget: number | null;
  ceilings: Record<string, number>;
  error: string | undefined;
  set: (change: Partial<Values>) => void;
}

function Capacity({ budget, ceilings, error, set }: CapacityProps) {
  const { w } = useWords();
  const lift = (medium: string, ceiling: number | null) => {
    const { [medium]: _, ...others } = ceilings;
    set({ ceilings: ceiling === null ? others : { ...others, [medium]: Math.min(100, Math.max(0, ceiling)) } });
  };
  return (
    <Group title={w("capacity.title")} text={w("capacity.text")}>
      <NumberField label={w("capacity.budget")} unit={w("capacity.points")} min={0} max={1000} value={budget} onChange={(value) => set({ budget: value })} error={error} />
      <table className={css.media}>
        <thead>
          <tr>
            <th scope="col">{w("field.medium")}</th>
            <th scope="col">{w("capacity.ceiling")}</th>
            <th scope="col">{w("capacity.result")}</th>
          </tr>
        </thead>
        <tbody>
          {MEDIA.map((medium) => (
            <tr key={medium}>
              <td>
                <span className={css.medium}>
                  <Icon name={mediumIcon(medium)} size={16} />
                  {w(`medium.${medium as "chat"}`)}
                </span>
              </td>
              <td>
                <NumberField hideLabel label={w("capacity.ceiling_of", { name: w(`medium.${medium as "chat"}`) })} placeholder={w("capacity.none")} min={0} max={100} value={ceilings[medium] ?? null} onChange={(value) => lift(medium, value)} />
              </td>
              <td>{w("capacity.fits", { n: fits(budget ?? 0, ceilings[medium], medium), cost: COSTS[medium] ?? 0 })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Group>
  );
}

interface AccessProps {
  employee: StaffMember;
  dirty: boolean;
  onClose: () => void;
  onShown: (link: string) => void;
}

/** What ends or renews somebody's access; each says what it does before it does it. */
function Access({ employee, dirty, onClose, onShown }: AccessProps) {
  const { w } = useWords();
  const me = useMe();
  const may = useMay("administer");
  const text = useProblemWords();
  const [dialog, ask] = useConfirm();
  const self = me.employee.id === employee.id;
  const attempt = async (act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      toast("bad", text(error));
    }
  };
  const link = () => attempt(async () => onShown((await post("/employees/{id}/reset-link", { path: { id: employee.id } })).link));
  const signOut = async () => {
    if (!(await ask({ title: w("sign_out.title"), text: w("sign_out.text", { name: employee.name }), yes: w("sign_out.do") }))) return;
    await attempt(async () => {
      await post("/employees/{id}/sign-out", { path: { id: employee.id } });
      toast("good", w("sign_out.done"));
    });
  };
  const toggle = async () => {
    const off = employee.state !== "disabled";
    await attempt(async () => {
      if (off) {
        const { holds } = await get("/employees/{id}", { path: { id: employee.id } });
        const words = holds ? `${w("disable.holds", { n: holds })} ${w("disable.text")}` : w("disable.text");
        if (!(await ask({ title: w("disable.title", { name: employee.name }), text: words, yes: w("disable.do"), danger: true }))) return;
      }
      await changeRecord("/employees", employee, { state: off ? "disabled" : "active" });
      toast("good", w(off ? "disable.done" : "enable.done"));
      onClose();
    });
  };
  if (!may) return null;
  return (
    <Group title={w("access.title")} text={w(`access.${employee.state}`)}>
      <div className={css.acts}>
        {employee.state !== "disabled" && (
          <Button variant="default" size="xs" onClick={() => void link()} leftSection={<Icon name="link" size={15} />}>
            {w(employee.state === "invited" ? "link.again" : "link.make")}
          </Button>
        )}
        {employee.state === "active" && !self && (
          <Button variant="default" size="xs" onClick={() => void signOut()} leftSection={<Icon name="logout" size={15} />}>
            {w("sign_out.do")}
          </Button>
        )}
        {!self && (
          <Button variant="default" size="xs" disabled={dirty} onClick={() => void toggle()} leftSection={<Icon name={employee.state === "disabled" ? "check" : "lock"} size={15} />}>
            {w(employee.state === "disabled" ? "enable.do" : "disable.do")}
          </Button>
        )}
      </div>
      {dialog}
    </Group>
  );
}
