/** A list of which one is chosen: by click, or with the arrows; Enter confirms the form around it. */
import { type KeyboardEvent, type ReactNode, useId } from "react";
import { Icon } from "../ui/Icon";
import css from "./dialogs.module.css";

export interface Choice {
  id: string;
  title: string;
  text: string;
  side: string;
  /** Cannot be chosen. */
  away?: boolean;
}

interface Props {
  label: string;
  items: readonly Choice[];
  chosen: string | null;
  onChoose: (id: string) => void;
  /** What stands around the list: that it is loading, empty, longer. */
  children?: ReactNode;
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

const intoView = (option: HTMLElement | null) => option?.scrollIntoView({ block: "nearest" });

export function Choices({ label, items, chosen, onChoose, children }: Props) {
  const name = useId();
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget) return;
    const step = STEPS[event.key];
    if (event.key === "Enter") event.currentTarget.closest("form")?.requestSubmit();
    else if (step) {
      event.preventDefault();
      const open = items.filter((one) => !one.away);
      const at = open.findIndex((one) => one.id === chosen);
      const next = open[Math.max(0, Math.min(open.length - 1, at < 0 && step < 0 ? open.length - 1 : at + step))];
      if (next) onChoose(next.id);
    }
  };
  return (
    <div className={css.targets} tabIndex={0} role="listbox" aria-label={label} aria-activedescendant={chosen ? `${name}${chosen}` : undefined} data-autofocus onKeyDown={onKeyDown}>
      {items.map((one) => (
        <button key={one.id} ref={one.id === chosen ? intoView : undefined} id={`${name}${one.id}`} type="button" tabIndex={-1} role="option" aria-selected={one.id === chosen} aria-disabled={one.away || undefined} data-away={one.away || undefined} className={css.target} onClick={one.away ? undefined : () => onChoose(one.id)}>
          <span className={css.targetText}>
            <b className="ellipsis">{one.title}</b>
            <span className="ellipsis">{one.text}</span>
          </span>
          <span className={`${css.load} tabular`}>{one.side}</span>
          {one.id === chosen && <Icon name="check" size={18} />}
        </button>
      ))}
      {children}
    </div>
  );
}
