/** Fields the administration's forms share. */
import { Select, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useEffect, useId, useMemo, useState } from "react";
import { Icon } from "../../ui/Icon";
import { useWords } from "../texts";
import { matches } from "./parts";
import css from "./parts.module.css";

interface NumberProps {
  label: string;
  description?: ReactNode;
  unit?: string;
  value: number | null;
  onChange: (value: number | null) => void;
  error?: string;
  min?: number;
  max?: number;
  placeholder?: string;
  hideLabel?: boolean;
}

/** A whole number; empty is null. */
export function NumberField({ label, unit, value, onChange, hideLabel, ...rest }: NumberProps) {
  const [text, setText] = useState(value === null ? "" : String(value));
  useEffect(() => {
    setText((held) => (held.trim() !== "" && Number(held) === value ? held : value === null ? "" : String(value)));
  }, [value]);
  const change = (next: string) => {
    setText(next);
    const number = Number(next);
    onChange(next.trim() === "" || !Number.isFinite(number) ? null : Math.round(number));
  };
  return (
    <TextInput
      {...rest}
      type="number"
      inputMode="numeric"
      label={hideLabel ? undefined : label}
      aria-label={hideLabel ? label : undefined}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      rightSection={unit ? <span className={css.unit}>{unit}</span> : undefined}
      rightSectionWidth={unit ? "auto" : undefined}
      rightSectionPointerEvents="none"
    />
  );
}

export interface Choice {
  id: string;
  label: string;
  hint?: string;
  face?: ReactNode;
}

interface ChecklistProps {
  label: string;
  text?: string;
  items: readonly Choice[];
  value: readonly string[];
  onChange: (value: string[]) => void;
  empty: string;
  error?: string;
}

/** Choose several of many: searchable, the chosen first, all by keyboard. */
export function Checklist({ label, text, items, value, onChange, empty, error }: ChecklistProps) {
  const { w } = useWords();
  const [search, setSearch] = useState("");
  const [first] = useState(() => new Set(value));
  const described = useId();
  const ordered = useMemo(() => [...items].sort((a, b) => Number(first.has(b.id)) - Number(first.has(a.id)) || a.label.localeCompare(b.label)), [items, first]);
  const shown = ordered.filter((item) => matches(search, item.label, item.hint));
  const toggle = (id: string) => onChange(value.includes(id) ? value.filter((one) => one !== id) : [...value, id]);
  return (
    <fieldset className={css.checks} aria-describedby={text ? described : undefined}>
      <legend>
        {label} <span>{w("checks.of", { n: value.length, all: items.length })}</span>
      </legend>
      {text && <p id={described}>{text}</p>}
      <div className={css.checkBox}>
        {items.length > 7 && (
          <TextInput
            className={css.checkSearch}
            type="search"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
            aria-label={w("checks.search", { name: label })}
            placeholder={w("list.search")}
            leftSection={<Icon name="search" size={15} />}
          />
        )}
        <div className={css.checkList}>
          {shown.map((item) => (
            <label key={item.id} className={css.check}>
              <input type="checkbox" checked={value.includes(item.id)} onChange={() => toggle(item.id)} />
              {item.face}
              <b>{item.label}</b>
              {item.hint && <small>{item.hint}</small>}
            </label>
          ))}
          {!shown.length && <p className={css.none}>{items.length ? w("list.nothing") : empty}</p>}
        </div>
      </div>
      {error && <p className={css.fault}>{error}</p>}
    </fieldset>
  );
}

export type TwoTexts = { ru: string; en: string };

interface TwoProps {
  label: string;
  text?: string;
  value: TwoTexts;
  onChange: (value: TwoTexts) => void;
  long?: boolean;
  error?: string;
  required?: boolean;
}

/** One text in both languages. */
export function TwoTextFields({ label, text, value, onChange, long, error, required }: TwoProps) {
  const { w } = useWords();
  const Field = long ? Textarea : TextInput;
  const described = useId();
  return (
    <fieldset className={css.checks} aria-describedby={text ? described : undefined}>
      <legend>{label}</legend>
      {text && <p id={described}>{text}</p>}
      <div className={css.two}>
        {(["ru", "en"] as const).map((locale) => (
          <Field
            key={locale}
            lang={locale}
            value={value[locale]}
            required={required}
            data-autofocus={(required && locale === "ru") || undefined}
            error={error ? !value[locale] || !required : undefined}
            aria-label={`${label}: ${w(`locale.${locale}`)}`}
            leftSection={<span className={css.lang}>{locale.toUpperCase()}</span>}
            {...(long ? { autosize: true, minRows: 2, maxRows: 8, leftSectionProps: { className: css.langTop } } : {})}
            onChange={(event: { currentTarget: { value: string } }) => onChange({ ...value, [locale]: event.currentTarget.value })}
          />
        ))}
      </div>
      {error && <p className={css.fault}>{error}</p>}
    </fieldset>
  );
}

let zones: string[] | null = null;

function allZones(): string[] {
  zones ??= ["UTC", ...Intl.supportedValuesOf("timeZone").filter((name) => name !== "UTC")];
  return zones;
}

/** "UTC+3" of a zone now. */
export function offsetOf(zone: string): string {
  try {
    const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(new Date());
    return (parts.find((part) => part.type === "timeZoneName")?.value ?? "").replace("GMT", "UTC");
  } catch {
    return "";
  }
}

interface ZoneProps {
  label: string;
  description?: string;
  value: string;
  onChange: (zone: string) => void;
  error?: string;
}

export function ZoneSelect({ value, onChange, ...rest }: ZoneProps) {
  const { w } = useWords();
  const data = useMemo(() => (allZones().includes(value) || !value ? allZones() : [value, ...allZones()]), [value]);
  return (
    <Select
      {...rest}
      searchable
      limit={40}
      data={data}
      value={value}
      allowDeselect={false}
      onChange={(zone) => zone && onChange(zone)}
      nothingFoundMessage={w("list.nothing")}
      rightSection={<span className={css.unit}>{offsetOf(value)}</span>}
      rightSectionWidth="auto"
      rightSectionPointerEvents="none"
    />
  );
}
