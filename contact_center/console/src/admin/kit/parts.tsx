/** Small parts of the administration's pages. */
import { Button, Modal, Switch, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useI18n } from "../../i18n";
import { copyText } from "../../ui/copy";
import { Icon } from "../../ui/Icon";
import type { IconName } from "../../ui/icons";
import { toast } from "../../ui/toasts";
import { useWords } from "../texts";
import css from "./parts.module.css";

export type Tone = "good" | "warn" | "bad" | "accent" | "none";

/** A state in a word; the sign beside it says the same without colour. */
export function Tag({ tone = "none", icon, children }: { tone?: Tone; icon?: IconName; children: ReactNode }) {
  return (
    <span className={css.tag} data-tone={tone}>
      {icon && <Icon name={icon} size={13} />}
      {children}
    </span>
  );
}

/** What may be wider than the page: whoever has no mouse scrolls it by keys. */
export function Scrolled({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={className} role="region" tabIndex={0} aria-label={label}>
      {children}
    </div>
  );
}

/** Two lines in one cell: what it is, and a little about it. */
export function Lines({ title, text }: { title: ReactNode; text?: ReactNode }) {
  return (
    <span className={css.lines}>
      <span>{title}</span>
      {text && <small>{text}</small>}
    </span>
  );
}

/** A part of a form under its own heading. */
export function Group({ title, text, children }: { title?: string; text?: string; children: ReactNode }) {
  return (
    <div className={css.group}>
      {title && <h3>{title}</h3>}
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

/** Fields side by side where there is room. */
export function Pair({ children }: { children: ReactNode }) {
  return <div className={css.pair}>{children}</div>;
}

/** Something to take elsewhere: shown whole, copied by a button. */
export function CopyField({ label, value, text }: { label: string; value: string; text?: string }) {
  const { w } = useWords();
  const copy = async () => {
    if (await copyText(value)) toast("good", w("copy.done"));
    else toast("bad", w("copy.failed"));
  };
  return (
    <div className={css.copy}>
      {label && <span>{label}</span>}
      {text && <p>{text}</p>}
      <div className={css.copied}>
        <code>{value}</code>
        <Button size="compact-sm" variant="light" onClick={() => void copy()} leftSection={<Icon name="copy" size={14} />} aria-label={label ? w("copy.label", { name: label }) : undefined}>
          {w("copy.copy")}
        </Button>
      </div>
    </div>
  );
}

export interface Shown {
  title: string;
  text: string;
  entries: { label: string; value: string }[];
}

/** What is shown once and never again: a link, a token, a made key. */
export function OnceDialog({ shown, onClose }: { shown: Shown; onClose: () => void }) {
  const { t } = useI18n();
  const { w } = useWords();
  return (
    <Modal opened onClose={onClose} title={shown.title} closeOnClickOutside={false} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
      <div className={css.stack}>
        <p className={css.warning}>
          <Icon name="warning" size={17} />
          <span>{shown.text}</span>
        </p>
        {shown.entries.map((entry) => (
          <CopyField key={entry.label} {...entry} />
        ))}
        <div className={css.row}>
          <Button onClick={onClose}>{w("once.done")}</Button>
        </div>
      </div>
    </Modal>
  );
}

export interface Question {
  title: string;
  text: string;
  yes: string;
  danger?: boolean;
}

/** Ask before what cannot be taken back: `[dialog, ask]`; `ask` tells what was chosen. */
export function useConfirm(): [ReactNode, (question: Question) => Promise<boolean>] {
  const { t } = useI18n();
  const [asked, setAsked] = useState<(Question & { answer: (yes: boolean) => void }) | null>(null);
  const settle = (yes: boolean) => {
    asked?.answer(yes);
    setAsked(null);
  };
  const dialog = asked && (
    <Modal opened onClose={() => settle(false)} title={asked.title} size={440} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
      <div className={css.stack}>
        <p>{asked.text}</p>
        <div className={css.row}>
          <Button variant="default" onClick={() => settle(false)} data-autofocus>
            {t("act.cancel")}
          </Button>
          <Button color={asked.danger ? "red.8" : undefined} onClick={() => settle(true)}>
            {asked.yes}
          </Button>
        </div>
      </div>
    </Modal>
  );
  return [dialog, (question) => new Promise((answer) => setAsked({ ...question, answer }))];
}

interface ToolsProps {
  search?: string;
  onSearch?: (text: string) => void;
  searchLabel?: string;
  archived?: boolean;
  onArchived?: (archived: boolean) => void;
  children?: ReactNode;
}

/** Above a list: search, and whether archived entries are wanted. */
export function ListTools({ search, onSearch, searchLabel, archived, onArchived, children }: ToolsProps) {
  const { w } = useWords();
  return (
    <div className={css.tools}>
      {onSearch && (
        <TextInput
          type="search"
          className={css.search}
          value={search}
          onChange={(event) => onSearch(event.currentTarget.value)}
          placeholder={searchLabel ?? w("list.search")}
          aria-label={searchLabel ?? w("list.search")}
          leftSection={<Icon name="search" size={16} />}
        />
      )}
      {children}
      {onArchived && <Switch size="sm" label={w("list.archived")} checked={archived} onChange={(event) => onArchived(event.currentTarget.checked)} />}
    </div>
  );
}

/** Do the words of a search all occur in what is said of a record? */
export function matches(search: string, ...texts: (string | null | undefined)[]): boolean {
  const whole = texts.join(" ").toLocaleLowerCase();
  return search.toLocaleLowerCase().split(/\s+/).every((word) => whole.includes(word));
}
