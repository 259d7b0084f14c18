import { Select, Switch, TextInput } from "@mantine/core";
import type { Hours, QueueRecord } from "../../api/types";
import { useMe } from "../../api/hooks";
import { lasting } from "../../i18n/time";
import { Avatar } from "../../ui/Avatar";
import { Checklist, NumberField, type TwoTexts, TwoTextFields, ZoneSelect } from "../kit/fields";
import { lettersOf, textsOf, unknownIn } from "../kit/letters";
import { Group, Pair } from "../kit/parts";
import { RecordDrawer } from "../kit/RecordDrawer";
import { useArchive } from "../kit/useArchive";
import { type Faults, useForm } from "../kit/useForm";
import { changeRecord, createRecord, useRecords } from "../kit/useRecords";
import { useWords } from "../texts";
import { hoursFault, tidyHours } from "./hours";
import { HoursEditor } from "./HoursEditor";

const NUMBERS = {
  offer_seconds: [5, 3600],
  wrap_up_seconds: [0, 604_800],
  preferred_hold_seconds: [0, 604_800],
  priority_seconds: [-86_400, 86_400],
  follow_up_minutes: [0, 525_600],
} as const;
const IN_SIGNATURE = ["employee", "brand"];
const IN_LETTERS = ["number", "subject", "name", "brand", "queue"];
const IN_CONFIRMATION = [...IN_LETTERS, "position", "wait"];
const IN_TOO_LARGE = ["file", ...IN_LETTERS];
type Numbers = Record<keyof typeof NUMBERS, number | null>;

interface Values extends Numbers {
  name: string;
  department_id: string;
  brand_id: string | null;
  zone: string;
  always: boolean;
  hours: Hours;
  wrap_up_code_required: boolean;
  offline_text: TwoTexts;
  signature: TwoTexts;
  confirmation: TwoTexts;
  too_large: TwoTexts;
  mail_form: TwoTexts;
  bot: TwoTexts;
  members: string[];
}

/** What a form starts from; the numbers of a new queue are the service's own defaults. */
function startOf(queue: QueueRecord | undefined, zone: string): Values {
  return {
    name: queue?.name ?? "",
    department_id: queue?.department_id ?? "",
    brand_id: queue?.brand_id ?? null,
    zone: queue?.zone ?? zone,
    always: Object.keys(queue?.hours ?? {}).length === 0,
    hours: tidyHours(queue?.hours ?? {}),
    offer_seconds: queue?.offer_seconds ?? 45,
    wrap_up_seconds: queue?.wrap_up_seconds ?? 60,
    wrap_up_code_required: queue?.wrap_up_code_required ?? true,
    follow_up_minutes: queue?.follow_up_minutes ?? 1440,
    preferred_hold_seconds: queue?.preferred_hold_seconds ?? 60,
    priority_seconds: queue?.priority_seconds ?? 0,
    offline_text: { ru: queue?.offline_text.ru ?? "", en: queue?.offline_text.en ?? "" },
    signature: textsOf(queue?.letters, "signature"),
    confirmation: textsOf(queue?.letters, "confirmation"),
    too_large: textsOf(queue?.letters, "too_large"),
    mail_form: textsOf(queue?.letters, "mail_form"),
    bot: textsOf(queue?.letters, "bot"),
    members: queue?.members ?? [],
  };
}

/** Those that are filled in; the form lets no empty one through. */
function numbersOf(values: Partial<Numbers>): Partial<Record<keyof Numbers, number>> {
  return Object.fromEntries(Object.keys(NUMBERS).flatMap((name) => (typeof values[name as keyof Numbers] === "number" ? [[name, values[name as keyof Numbers]]] : [])));
}

/** The API's form: no hours mean always open; empty texts are left out. */
function bodyOf(values: Partial<Values>, all: Values) {
  const { always: _, hours: __, offline_text, signature, confirmation, too_large, mail_form, bot, ...others } = values;
  const rest: Omit<typeof others, keyof Numbers> = others;
  const timed = "hours" in values || "always" in values;
  return {
    ...rest,
    ...numbersOf(values),
    // All parts are kept together.
    ...(signature || confirmation || too_large || mail_form || bot ? { letters: lettersOf({ signature: all.signature, confirmation: all.confirmation, too_large: all.too_large, mail_form: all.mail_form, bot: all.bot }) } : {}),
    ...(timed ? { hours: all.always ? {} : tidyHours(all.hours) } : {}),
    ...(offline_text ? { offline_text: Object.fromEntries(Object.entries(offline_text).filter(([, text]) => text.trim())) } : {}),
  };
}

const placed = (names: readonly string[]) => names.map((name) => `{${name}}`).join(", ");

export function QueueDrawer({ queue, onClose }: { queue: QueueRecord | undefined; onClose: () => void }) {
  const i18n = useWords();
  const { t, w } = i18n;
  const me = useMe();
  const { data: departments } = useRecords("/departments");
  const { data: brands } = useRecords("/brands");
  const { data: staff } = useRecords("/employees");
  const check = (values: Values): Faults<Values> => {
    const faults: Faults<Values> = {};
    if (!values.name.trim()) faults.name = w("fault.missing");
    if (!values.department_id) faults.department_id = w("fault.missing");
    for (const [name, [from, to]] of Object.entries(NUMBERS) as [keyof Numbers, readonly [number, number]][]) {
      const value = values[name];
      if (value === null || value < from || value > to) faults[name] = w("fault.range", { from, to });
    }
    for (const [name, known] of [["signature", IN_SIGNATURE], ["confirmation", IN_CONFIRMATION], ["too_large", IN_TOO_LARGE]] as const) {
      const [unknown] = unknownIn(values[name], known);
      if (unknown !== undefined) faults[name] = w("letters.unknown", { name: `{${unknown}}` });
    }
    if (!values.always && hoursFault(values.hours)) faults.hours = w("hours_fault.some");
    else if (!values.always && !Object.keys(tidyHours(values.hours)).length) faults.hours = w("hours_fault.none");
    return faults;
  };
  const form = useForm<Values>({
    record: queue,
    start: startOf(queue, me.workspace.zone),
    check,
    save: async (values, changes, record) => {
      if (record) await changeRecord("/queues", record, bodyOf(changes, values));
      else await createRecord("/queues", { ...bodyOf(values, values), name: values.name, department_id: values.department_id });
    },
  });
  const archive = useArchive("/queues", queue, form.dirty, onClose);
  const { values } = form;
  const number = (name: keyof Numbers) => ({ min: NUMBERS[name][0], max: NUMBERS[name][1], value: values[name], error: form.faults[name], onChange: (value: number | null) => form.set({ [name]: value } as Partial<Values>) });
  const inWords = (seconds: number | null) => (seconds && seconds >= 60 ? ` = ${lasting(i18n, seconds * 1000)}` : "");
  return (
    <RecordDrawer title={queue?.name ?? w("queues.new")} form={form} onClose={onClose} size={580} acts={archive} saveLabel={queue ? undefined : w("form.add")}>
      <Group>
        <TextInput label={w("field.name")} {...form.text("name")} data-autofocus />
        <Pair>
          <Select label={w("field.department")} placeholder={w("form.choose")} allowDeselect={false} data={(departments ?? []).map((one) => ({ value: one.id, label: one.name }))} {...form.value("department_id")} value={values.department_id || null} />
          <Select label={w("field.brand")} placeholder={w("queues.any_brand")} clearable clearButtonProps={{ "aria-label": w("form.clear") }} data={(brands ?? []).map((one) => ({ value: one.id, label: one.name }))} {...form.value("brand_id")} />
        </Pair>
      </Group>
      <Group>
        <Checklist
          label={w("queues.members")}
          text={w("queues.members_text")}
          items={(staff ?? []).filter((one) => one.state !== "disabled" || queue?.members.includes(one.id)).map((one) => ({ id: one.id, label: one.name, hint: t(`role.${one.role}`), face: <Avatar id={one.id} name={one.name} size={24} /> }))}
          empty={w("employees.none")}
          {...form.value("members")}
        />
      </Group>
      <Group title={w("hours.title")} text={w("hours.text")}>
        <HoursEditor always={values.always} hours={values.hours} onChange={form.set} error={form.faults.hours} />
        {!values.always && <ZoneSelect label={w("field.zone")} {...form.value("zone")} />}
        <TwoTextFields label={w("queues.offline")} text={w("queues.offline_text")} long value={values.offline_text} onChange={(offline_text) => form.set({ offline_text })} error={form.faults.offline_text} />
      </Group>
      <Group title={w("queues.offer_title")}>
        <Pair>
          <NumberField label={w("queues.offer")} description={w("queues.offer_text")} unit={w("unit.seconds")} {...number("offer_seconds")} />
          <NumberField label={w("queues.hold")} description={w("queues.hold_text")} unit={w("unit.seconds") + inWords(values.preferred_hold_seconds)} {...number("preferred_hold_seconds")} />
        </Pair>
        <NumberField label={w("queues.priority")} description={w("queues.priority_text")} unit={w("unit.seconds") + inWords(values.priority_seconds)} {...number("priority_seconds")} />
      </Group>
      <Group title={w("queues.after_title")}>
        <Pair>
          <NumberField label={w("queues.wrap_up")} description={w("queues.wrap_up_text")} unit={w("unit.seconds") + inWords(values.wrap_up_seconds)} {...number("wrap_up_seconds")} />
          <NumberField label={w("queues.follow_up")} description={w("queues.follow_up_text")} unit={w("unit.minutes") + inWords((values.follow_up_minutes ?? 0) >= 60 ? (values.follow_up_minutes ?? 0) * 60 : 0)} {...number("follow_up_minutes")} />
        </Pair>
        <Switch label={w("queues.code_required")} description={w("queues.code_required_text")} {...form.flag("wrap_up_code_required")} />
      </Group>
      <Group title={w("letters.title")} text={w("letters.text")}>
        <TwoTextFields label={w("letters.signature")} text={w("letters.signature_text", { places: placed(IN_SIGNATURE) })} long value={values.signature} onChange={(signature) => form.set({ signature })} error={form.faults.signature} />
        <TwoTextFields label={w("letters.confirmation")} text={w("letters.confirmation_text", { places: placed(IN_CONFIRMATION) })} long value={values.confirmation} onChange={(confirmation) => form.set({ confirmation })} error={form.faults.confirmation} />
        <TwoTextFields label={w("letters.too_large")} text={w("letters.too_large_text", { places: placed(IN_TOO_LARGE) })} long value={values.too_large} onChange={(too_large) => form.set({ too_large })} error={form.faults.too_large} />
      </Group>
      <Group title={w("way_out.title")} text={w("way_out.text")}>
        <TwoTextFields label={w("way_out.mail_form")} text={w("way_out.mail_form_text")} long value={values.mail_form} onChange={(mail_form) => form.set({ mail_form })} />
        <TwoTextFields label={w("way_out.bot")} text={w("way_out.bot_text")} long value={values.bot} onChange={(bot) => form.set({ bot })} />
      </Group>
    </RecordDrawer>
  );
}
