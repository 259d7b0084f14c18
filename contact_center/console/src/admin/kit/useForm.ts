/** The state of one form: values, what differs from the start, faults by field, saving.
 *
 *  A refusal of the server that names a `field` (or `errors` by field) lands beside that field;
 *  any other stays in `problem`, which RecordDrawer shows above the buttons. */
import { useMemo, useState } from "react";
import { Problem } from "../../api/http";
import { useWords } from "../texts";
import { faultsIn, policyFault } from "./useProblemWords";
import type { Recorded } from "./useRecords";

export type Faults<T> = Partial<Record<keyof T & string, string>>;

export interface Form<T> {
  values: T;
  faults: Faults<T>;
  problem: unknown;
  dirty: boolean;
  busy: boolean;
  set: (change: Partial<T>) => void;
  /** Value, fault and change handler of a text field: spread into Mantine's inputs. */
  text: (name: keyof T & string) => { value: string; error: string | undefined; onChange: (event: { currentTarget: { value: string } }) => void };
  /** The same for Select, MultiSelect, NumberInput, which give the value itself. */
  value: <K extends keyof T & string>(name: K) => { value: T[K]; error: string | undefined; onChange: (value: unknown) => void };
  /** The same for Switch and Checkbox. */
  flag: (name: keyof T & string) => { checked: boolean; error: string | undefined; onChange: (event: { currentTarget: { checked: boolean } }) => void };
  submit: () => Promise<boolean>;
}

type Wording = (code: string, text: string) => string;
interface Detail {
  field?: string;
  loc?: string[];
  reason?: string;
  detail?: string;
  msg?: string;
}

/** Faults by field out of a refusal; null where it names no field of this form. A fault deeper in
 *  a field (`title.ru`) is the field's. `word` has the code and the server's own words. */
export function faultsOf(problem: Problem, fields: readonly string[], word: Wording = (_, text) => text): Record<string, string> | null {
  const out: Record<string, string> = {};
  const { field, errors } = problem.body as { field?: string | null; errors?: unknown };
  const owner = (named: string) => fields.find((name) => named === name || named.startsWith(`${name}.`));
  const named = field && owner(field);
  if (named) out[named] = word(problem.code, faultsIn(problem)[0]?.reason ?? problem.message);
  for (const one of Array.isArray(errors) ? (errors as Detail[]) : []) {
    const name = owner(one.field ?? one.loc?.at(-1) ?? "");
    if (name) out[name] = word(one.reason ?? "", one.detail ?? one.msg ?? problem.message);
  }
  return Object.keys(out).length ? out : null;
}

export function changesOf<T extends object>(start: T, values: T): Partial<T> {
  const out: Partial<T> = {};
  for (const key of Object.keys(values) as (keyof T)[]) {
    if (JSON.stringify(start[key]) !== JSON.stringify(values[key])) out[key] = values[key];
  }
  return out;
}

/** What a form began with, and the record it was taken from. */
export interface Begun<T> {
  record: Recorded | undefined;
  values: T;
}

/** The newest as long as nothing is typed; from then on what was there, so that saving names the
 *  version that was seen, and what others changed meanwhile is not written over. */
export function begunWith<T>(held: Begun<T>, newest: Begun<T>, touched: boolean): Begun<T> {
  return touched || held.record?.version === newest.record?.version ? held : newest;
}

interface FormOptions<T> {
  /** The record that is changed, as it now is; absent where a new one is made. */
  record?: Recorded;
  start: T;
  /** Faults found before asking the server; worded. */
  check?: (values: T) => Faults<T>;
  /** `changes` holds only what differs from the start: the body of a PATCH; `record` is the one they were made to. */
  save: (values: T, changes: Partial<T>, record: Recorded | undefined) => Promise<void>;
}

export function useForm<T extends object>({ record, start, check, save }: FormOptions<T>): Form<T> {
  const { maybeWord } = useWords();
  const [begun, setBegun] = useState<Begun<T>>({ record, values: start });
  const [values, setValues] = useState(start);
  const [faults, setFaults] = useState<Faults<T>>({});
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const changes = useMemo(() => changesOf(begun.values, values), [begun, values]);
  const dirty = Object.keys(changes).length > 0;
  const now = begunWith(begun, { record, values: start }, dirty || busy);
  if (now !== begun) {
    setBegun(now);
    setValues(now.values);
  }

  const set = (change: Partial<T>) => {
    setValues((held) => ({ ...held, ...change }));
    setFaults((held) => Object.fromEntries(Object.entries(held).filter(([name]) => !(name in change))) as Faults<T>);
    setProblem(null);
  };
  const one = (name: string, value: unknown) => set({ [name]: value } as Partial<T>);
  return {
    values,
    faults,
    problem,
    busy,
    dirty,
    set,
    text: (name) => ({
      value: String(values[name] ?? ""),
      error: faults[name],
      onChange: (event) => one(name, event.currentTarget.value),
    }),
    value: (name) => ({ value: values[name], error: faults[name], onChange: (value) => one(name, value) }),
    flag: (name) => ({
      checked: Boolean(values[name]),
      error: faults[name],
      onChange: (event) => one(name, event.currentTarget.checked),
    }),
    submit: async () => {
      const found = check?.(values) ?? {};
      setFaults(found);
      if (Object.keys(found).length) return false;
      setBusy(true);
      setProblem(null);
      try {
        await save(values, changes, begun.record);
        setBegun({ record: begun.record, values });
        return true;
      } catch (error) {
        const named = error instanceof Problem ? faultsOf(error, Object.keys(values), (code, text) => maybeWord(`fault.${code}`) ?? policyFault(maybeWord, text) ?? text) : null;
        if (named) setFaults(named as Faults<T>);
        else setProblem(error);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
