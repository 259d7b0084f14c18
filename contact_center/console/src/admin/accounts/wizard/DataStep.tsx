/** What the provider wants of us: where to find it, looked at as it is pasted, shown to the provider. */
import { Button, Select, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { useDirectory } from "../../../api/hooks";
import { Problem, patch, post } from "../../../api/http";
import { queries } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { Connection, ProviderInfo, SettingField } from "../../../api/types";
import { titled } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import { faultsOf } from "../../kit/useForm";
import { Pair } from "../../kit/parts";
import { useProblemWords } from "../../kit/useProblemWords";
import { useRecords } from "../../kit/useRecords";
import { useWords } from "../../texts";
import { faultOf, nameOf, type SettingValues, settingsOf, startOf } from "../settings";
import { SettingInput } from "../SettingInput";
import { useFaultWords } from "../useFaultWords";
import { askable, isPasted, linked, parted } from "./steps";
import { type Asked, ProviderWord } from "./ProviderWord";
import css from "./wizard.module.css";

interface DataProps {
  provider: ProviderInfo;
  account: Connection | undefined;
  onBack: (() => void) | undefined;
  onSaved: (account: Connection) => void;
}

export function DataStep({ provider, account, onBack, onSaved }: DataProps) {
  const { w, locale, maybeWord } = useWords();
  const text = useProblemWords();
  const faultWords = useFaultWords();
  const { data: directory } = useDirectory();
  const { data: brands } = useRecords("/brands");
  const [values, setValues] = useState<SettingValues>(() => startOf(provider.fields, account?.settings));
  const [basics, setBasics] = useState({ title: account?.title ?? "", brand_id: account?.brand_id ?? null, queue_id: account?.queue_id ?? null });
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const last = useRef("");
  const brand = basics.brand_id ?? (brands?.length === 1 ? (brands[0]?.id ?? null) : null);
  const isSet = (field: SettingField) => Boolean(account?.secrets_set.includes(field.name));
  const { main, more } = parted(provider.fields, values);
  const word = (field: SettingField, fault: ReturnType<typeof faultOf>) => fault && faultWords(field, fault);

  const put = (change: SettingValues) => {
    setValues((held) => ({ ...held, ...change }));
    setFaults((held) => Object.fromEntries(Object.entries(held).filter(([name]) => !(name in change))));
    setProblem(null);
  };
  const refused = (error: unknown) => {
    const worded = (code: string, said: string) => maybeWord(`fault.${code}`, { example: "" }) ?? said;
    const named = error instanceof Problem && faultsOf(error, [...provider.fields.map(nameOf), "title", "brand_id", "queue_id"], worded);
    if (named) setFaults(named);
    else setProblem(error);
  };
  /** Show it to the provider; the same is never shown twice by itself, for that may lock an account. */
  const ask = async (given: SettingValues, again = false) => {
    const what = askable(provider, given, isSet);
    if (!what || (what === last.current && !again)) return;
    last.current = what;
    setAsked({ state: "asking" });
    try {
      const told = await post("/accounts/try", { body: { provider: provider.name, account_id: account?.id ?? null, settings: JSON.parse(what) as Record<string, unknown> } });
      if (last.current !== what) return;
      setAsked({ state: "told", told });
      if (told.name) setBasics((held) => (held.title ? held : { ...held, title: told.name }));
    } catch (error) {
      setAsked(null);
      refused(error);
    }
  };
  const look = (field: SettingField) => {
    const fault = faultOf(field, values[nameOf(field)], isSet(field));
    if (fault && fault !== "missing") setFaults((held) => ({ ...held, [nameOf(field)]: word(field, fault) ?? "" }));
    void ask(values);
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const found: Record<string, string> = {};
    for (const field of [...main, ...more]) {
      const fault = word(field, faultOf(field, values[nameOf(field)], isSet(field)));
      if (fault) found[nameOf(field)] = fault;
    }
    const given = { title: basics.title.trim(), brand_id: brand, queue_id: basics.queue_id };
    for (const [name, value] of Object.entries(given)) if (!value) found[name] = w("fault.missing");
    setFaults(found);
    if (Object.keys(found).length) {
      requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    setBusy(true);
    try {
      const body = { title: given.title, brand_id: brand ?? "", queue_id: basics.queue_id ?? "", settings: settingsOf(values) };
      const saved = account
        ? await patch("/accounts/{id}", { path: { id: account.id }, body, version: account.version })
        : await post("/accounts", { body: { ...body, provider: provider.name, state: "test" } });
      await queries.invalidateQueries({ queryKey: ["admin", "/accounts"] });
      void queries.invalidateQueries({ queryKey: keys.directory });
      onSaved(saved);
    } catch (error) {
      setBusy(false);
      refused(error);
    }
  };
  const input = (field: SettingField) => {
    const name = nameOf(field);
    const value = values[name];
    const good = Boolean(value) && typeof value === "string" && Boolean(field.pattern || field.min_length) && !faultOf(field, value, isSet(field));
    return (
      <div key={name} className={css.field} onBlur={() => look(field)} data-good={good || undefined}>
        <SettingInput
          field={field}
          value={value}
          error={faults[name]}
          isSet={isSet(field)}
          onChange={(next) => {
            put({ [name]: next });
            // What is pasted is looked at at once, what is typed when the field is left.
            if (typeof next === "string" && isPasted(typeof value === "string" ? value : "", next)) {
              const fault = faultOf(field, next, isSet(field));
              if (fault) setFaults((held) => ({ ...held, [name]: word(field, fault) ?? "" }));
              void ask({ ...values, [name]: next });
            }
          }}
        />
        {good && <Icon name="check" size={16} className={css.tick} label={w("wizard.well_formed")} />}
      </div>
    );
  };
  const where = main.filter((field) => titled(field.where, locale));
  return (
    <form className={css.data} onSubmit={(event) => void save(event)} noValidate>
      {where.length > 0 && (
        <aside className={css.need} aria-labelledby="wizard-need">
          <h3 id="wizard-need">{w("wizard.need")}</h3>
          <ol>
            {where.map((field) => (
              <li key={field.name}>
                <b>{titled(field.label, locale)}</b>
                <p>{linked(titled(field.where, locale)).map(({ text: piece, href }) => (href ? <a key={piece} href={href} target="_blank" rel="noreferrer">{piece.replace(/^https:\/\//, "")}</a> : piece))}</p>
              </li>
            ))}
          </ol>
        </aside>
      )}
      <div className={css.fields}>
        {main.map(input)}
        <ProviderWord asked={asked} provider={provider} onAgain={() => void ask(values, true)} />
        {more.length > 0 && (
          <details className={css.more} open={more.some((field) => faults[nameOf(field)]) || undefined}>
            <summary>{w("wizard.more")}</summary>
            <div className={css.fields}>{more.map(input)}</div>
          </details>
        )}
        <TextInput label={w("field.title")} description={w("accounts.title_text")} value={basics.title} error={faults.title} onChange={(event) => setBasics({ ...basics, title: event.currentTarget.value })} />
        <Pair>
          <Select label={w("field.brand")} placeholder={w("form.choose")} allowDeselect={false} data={(brands ?? []).map((one) => ({ value: one.id, label: one.name }))} value={brand} error={faults.brand_id} onChange={(brand_id) => setBasics({ ...basics, brand_id })} />
          <Select label={w("field.queue")} placeholder={w("form.choose")} allowDeselect={false} data={(directory?.queues ?? []).map((one) => ({ value: one.id, label: one.name }))} value={basics.queue_id} error={faults.queue_id} onChange={(queue_id) => setBasics({ ...basics, queue_id })} />
        </Pair>
        {problem !== null && (
          <p className={css.fault} role="alert">
            {text(problem)}
          </p>
        )}
        <footer className={css.acts}>
          {onBack && (
            <Button variant="default" onClick={onBack}>
              {w("wizard.back")}
            </Button>
          )}
          <Button type="submit" loading={busy} disabled={asked?.state === "asking" || (asked?.state === "told" && asked.told.problem === "wrong")}>
            {w("wizard.save")}
          </Button>
        </footer>
        <p className={css.hint}>{w("wizard.save_text")}</p>
      </div>
    </form>
  );
}
