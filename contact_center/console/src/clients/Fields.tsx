/** What is known of a client, each line edited where it stands. */
import { Button, Menu, TextInput } from "@mantine/core";
import { type FormEvent, type KeyboardEvent, type ReactNode, useState } from "react";
import { useDirectory, useMay, useNames } from "../api/hooks";
import type { Client } from "../api/types";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import { fieldName, KNOWN_FIELDS, plainLabel } from "./fieldNames";
import { useSave } from "./useSave";
import css from "./fields.module.css";

const KINDS = ["person", "company", "public_body"] as const;
const STAGES = ["learns", "compares", "decides", "deals", "uses", "repeats", "leaving", "lost", "returned"] as const;
const LOCALES = ["ru", "be", "en"] as const;

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={css.line}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string | null;
  options: readonly { value: string | null; label: string }[];
  choose: (value: string | null) => void;
  may: boolean;
}

function Choice({ label, value, options, choose, may }: ChoiceProps) {
  const { t } = useI18n();
  const shown = options.find((one) => one.value === value)?.label ?? value ?? t("client.unset");
  if (!may) return <Line label={label}>{shown}</Line>;
  return (
    <Line label={label}>
      <Menu position="bottom-start">
        <Menu.Target>
          <button type="button" className={css.value} data-empty={value === null || undefined} aria-label={t("client.edit", { name: label, value: shown })}>
            <span className="ellipsis">{shown}</span>
            <Icon name="chevronDown" size={14} />
          </button>
        </Menu.Target>
        <Menu.Dropdown className={css.options}>
          {options.map((one) => (
            <Menu.Item key={one.value ?? ""} rightSection={one.value === value ? <Icon name="check" size={16} /> : null} onClick={() => one.value !== value && choose(one.value)}>
              {one.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </Line>
  );
}

/** A field with words: a click makes it an input, Enter or leaving it saves, Esc leaves it as it was. */
function Words({ label, value, save, may }: { label: string; value: string; save: (value: string | null) => Promise<boolean>; may: boolean }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState<string | null>(null);
  const done = async (event?: FormEvent) => {
    event?.preventDefault();
    const next = typed?.trim() ?? value;
    if (next === value || (await save(next || null))) setTyped(null);
  };
  if (!may) return <Line label={label}>{value}</Line>;
  if (typed === null) {
    return (
      <Line label={label}>
        <button type="button" className={css.value} onClick={() => setTyped(value)} aria-label={t("client.edit", { name: label, value })}>
          <span>{value}</span>
          <Icon name="edit" size={14} />
        </button>
      </Line>
    );
  }
  return (
    <Line label={label}>
      <form onSubmit={(event) => void done(event)}>
        <TextInput
          size="xs"
          autoFocus
          maxLength={500}
          aria-label={label}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onBlur={() => void done()}
          onKeyDown={(event) => {
            if (event.key === "Escape") setTyped(null);
          }}
        />
      </form>
    </Line>
  );
}

function useLabel(): (name: string) => string {
  const { maybe } = useI18n();
  return (name) => maybe(`client_field.${name}`) ?? plainLabel(name);
}

function AddField({ client }: { client: Client }) {
  const { t } = useI18n();
  const label = useLabel();
  const save = useSave(client);
  const [form, setForm] = useState<{ name: string; value: string } | null>(null);
  const free = KNOWN_FIELDS.filter((name) => !client.fields[name]);
  if (!form) {
    return (
      <Button size="compact-xs" variant="subtle" className={css.add} leftSection={<Icon name="plus" size={14} />} onClick={() => setForm({ name: "", value: "" })}>
        {t("client.add_field")}
      </Button>
    );
  }
  const escape = (event: KeyboardEvent) => {
    if (event.key === "Escape") setForm(null);
  };
  const known = free.find((name) => label(name).toLocaleLowerCase() === form.name.trim().toLocaleLowerCase());
  const name = known ?? fieldName(form.name);
  const taken = client.fields[name] !== undefined && client.fields[name] !== null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!name || taken || !form.value.trim()) return;
    if (await save({ fields: { [name]: form.value.trim() } })) setForm(null);
  };
  return (
    <form className={css.form} onSubmit={(event) => void submit(event)}>
      <TextInput size="xs" autoFocus list="known-fields" maxLength={60} aria-label={t("client.field_name")} placeholder={t("client.field_name")} error={taken ? t("client.field_taken") : undefined} value={form.name} onKeyDown={escape} onChange={(event) => setForm({ ...form, name: event.currentTarget.value })} />
      <datalist id="known-fields">
        {free.map((one) => (
          <option key={one}>{label(one)}</option>
        ))}
      </datalist>
      <TextInput size="xs" maxLength={500} aria-label={t("client.field_value")} placeholder={t("client.field_value")} value={form.value} onKeyDown={escape} onChange={(event) => setForm({ ...form, value: event.currentTarget.value })} />
      <span className={css.acts}>
        <Button size="compact-xs" variant="default" onClick={() => setForm(null)}>
          {t("act.cancel")}
        </Button>
        <Button size="compact-xs" type="submit" disabled={!name || taken || !form.value.trim()}>
          {t("act.save")}
        </Button>
      </span>
    </form>
  );
}

export function Fields({ client }: { client: Client }) {
  const { t, maybe } = useI18n();
  const may = useMay("clients");
  const save = useSave(client);
  const label = useLabel();
  const { employees } = useNames();
  const { data } = useDirectory();
  const people = (data?.employees ?? []).filter((one) => one.state === "active" || one.id === client.responsible_id);
  const none = { value: null, label: t("client.unset") };
  const own = Object.entries(client.fields).filter(([, value]) => value !== null && value !== "");
  return (
    <section className={css.fields}>
      <h3>{t("client.facts")}</h3>
      <dl>
        <Choice label={t("client_field.kind")} value={client.kind} may={may} options={KINDS.map((kind) => ({ value: kind, label: t(`client_kind.${kind}`) }))} choose={(kind) => void save({ kind: kind as "person" })} />
        <Choice label={t("client_field.stage")} value={client.stage} may={may} options={STAGES.map((stage) => ({ value: stage, label: t(`stage.${stage}`) }))} choose={(stage) => void save({ stage: stage as "uses" })} />
        <Choice label={t("client_field.locale")} value={client.locale} may={may} options={[none, ...LOCALES.map((locale) => ({ value: locale, label: t(`locale.${locale}`) }))]} choose={(locale) => void save({ locale: locale as "ru" | null })} />
        <Choice label={t("client.responsible_short")} value={client.responsible_id} may={may} options={[none, ...people.map((one) => ({ value: one.id, label: employees.get(one.id)?.name ?? one.name }))]} choose={(id) => void save({ responsible_id: id })} />
        {own.map(([name, value]) => (
          <Words key={name} label={maybe(`client_field.${name}`) ?? label(name)} value={typeof value === "object" ? JSON.stringify(value) : String(value)} may={may && typeof value !== "object"} save={(next) => save({ fields: { [name]: next } })} />
        ))}
      </dl>
      {may && <AddField client={client} />}
    </section>
  );
}
