import { ActionIcon, Select } from "@mantine/core";
import { Icon } from "../../ui/Icon";
import { useWords } from "../texts";
import type { Needs } from "./policy";
import css from "./routing.module.css";

interface NeedsProps {
  label: string;
  value: Needs;
  onChange: (needs: Needs) => void;
  skills: readonly { code: string; label: string }[];
  /** The fault of one skill. */
  fault: (code: string) => string | undefined;
  readOnly: boolean;
}

const LEVELS = ["1", "2", "3", "4", "5"];

/** Skills with the lowest level that will do. */
export function NeedsEditor({ label, value, onChange, skills, fault, readOnly }: NeedsProps) {
  const { w } = useWords();
  const free = skills.filter((one) => !(one.code in value));
  const nameOf = (code: string) => skills.find((one) => one.code === code)?.label ?? code;
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
      {!readOnly && free.length > 0 && (
        <Select aria-label={w("routing.add_need")} placeholder={w("routing.add_need")} searchable w={220} data={free.map((one) => ({ value: one.code, label: one.label }))} value={null} onChange={(code) => code && onChange({ ...value, [code]: 1 })} nothingFoundMessage={w("list.nothing")} />
      )}
      {!Object.keys(value).length && <p className={css.muted}>{w("routing.no_needs")}</p>}
    </fieldset>
  );
}
