import { ActionIcon, Select } from "@mantine/core";
import { Icon } from "../../ui/Icon";
import { useWords } from "../texts";
import type { Needs } from "./policy";
import css from "./routing.module.css";

interface SkillsProps {
  label: string;
  skills: readonly { code: string; label: string }[];
  /** The fault of one skill. */
  fault: (code: string) => string | undefined;
  readOnly: boolean;
}

interface NeedsProps extends SkillsProps {
  value: Needs;
  onChange: (needs: Needs) => void;
}

interface DropProps extends SkillsProps {
  value: readonly string[];
  onChange: (codes: string[]) => void;
}

const LEVELS = ["1", "2", "3", "4", "5"];

/** Skills with the lowest level that will do. */
export function NeedsEditor({ label, value, onChange, skills, fault, readOnly }: NeedsProps) {
  const { w } = useWords();
  const free = skills.filter((one) => !(one.code in value));
  const nameOf = named(skills);
  const without = (code: string) => Object.fromEntries(Object.entries(value).filter(([own]) => own !== code));
  return (
    <fieldset className={css.needs} disabled={readOnly}>
      <legend>{label}</legend>
      {Object.entries(value).map(([code, level]) => (
        <div key={code} className={css.need}>
          <span className={css.needName}>{nameOf(code)}</span>
          <Select aria-label={w("routing.level_of", { name: nameOf(code) })} w={84} allowDeselect={false} data={LEVELS.map((one) => ({ value: one, label: one === "5" ? "5" : `${one}+` }))} value={String(level)} onChange={(next) => next && onChange({ ...value, [code]: Number(next) })} error={Boolean(fault(code))} />
          <ActionIcon onClick={() => onChange(without(code))} aria-label={w("routing.drop_need", { name: nameOf(code) })}>
            <Icon name="close" size={15} />
          </ActionIcon>
          {fault(code) && <p className={css.fault}>{fault(code)}</p>}
        </div>
      ))}
      {!readOnly && <Add label={w("routing.add_need")} free={free} onAdd={(code) => onChange({ ...value, [code]: 1 })} />}
      {!Object.keys(value).length && <p className={css.muted}>{w("routing.no_needs")}</p>}
    </fieldset>
  );
}

/** Skills a step no longer asks for, also where the contact itself does. */
export function DropEditor({ label, value, onChange, skills, fault, readOnly }: DropProps) {
  const { w } = useWords();
  const free = skills.filter((one) => !value.includes(one.code));
  const nameOf = named(skills);
  if (readOnly && !value.length) return null;
  return (
    <fieldset className={css.needs} disabled={readOnly}>
      <legend>{label}</legend>
      {value.map((code) => (
        <div key={code} className={css.need}>
          <span className={css.needName}>{nameOf(code)}</span>
          <ActionIcon onClick={() => onChange(value.filter((own) => own !== code))} aria-label={w("routing.undrop", { name: nameOf(code) })}>
            <Icon name="close" size={15} />
          </ActionIcon>
          {fault(code) && <p className={css.fault}>{fault(code)}</p>}
        </div>
      ))}
      {!readOnly && <Add label={w("routing.add_drop")} free={free} onAdd={(code) => onChange([...value, code])} />}
    </fieldset>
  );
}

function Add({ label, free, onAdd }: { label: string; free: SkillsProps["skills"]; onAdd: (code: string) => void }) {
  const { w } = useWords();
  if (!free.length) return null;
  return <Select aria-label={label} placeholder={label} searchable w={220} data={free.map((one) => ({ value: one.code, label: one.label }))} value={null} onChange={(code) => code && onAdd(code)} nothingFoundMessage={w("list.nothing")} />;
}

const named = (skills: SkillsProps["skills"]) => (code: string) => skills.find((one) => one.code === code)?.label ?? code;
