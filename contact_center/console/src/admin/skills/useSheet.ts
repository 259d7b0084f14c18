/** Saving the sheet cell by cell: shown at once, one request after another for each person. */
import { useRef, useState } from "react";
import type { StaffMember } from "../../api/types";
import { queries } from "../../api/client";
import { Problem, patch } from "../../api/http";
import { type Edit, levelOf, withLevel } from "./sheet";

const LIST = ["admin", "/employees", {}];
export type CellState = "saving" | "failed";
const keyOf = (employee: string, skill: string) => `${employee} ${skill}`;

function put(employee: StaffMember): void {
  queries.setQueryData<StaffMember[]>(LIST, (held) => held?.map((one) => (one.id === employee.id ? employee : one)));
}

/** The level of the same cell that somebody else has set meanwhile; undefined when only other cells differ. */
function overtaken(current: StaffMember, { skill, before, after }: Edit): number | undefined {
  const now = levelOf(current.skills, skill);
  return now === before || now === after ? undefined : now;
}

/** One cell: with the version we know, and once more where others have changed something else of this person. */
async function save(held: StaffMember, edit: Edit): Promise<{ employee: StaffMember; lost?: number }> {
  let employee = held;
  for (;;) {
    try {
      return { employee: await patch("/employees/{id}", { path: { id: employee.id }, version: employee.version, body: { skills: withLevel(employee.skills, edit.skill, edit.after) } }) };
    } catch (error) {
      const current = error instanceof Problem && error.status === 409 ? ((error.body as { current?: StaffMember }).current ?? undefined) : undefined;
      if (!current) throw error;
      employee = { ...employee, ...current };
      const lost = overtaken(employee, edit);
      if (lost !== undefined) return { employee, lost };
    }
  }
}

export interface Sheet {
  level: (employee: StaffMember, skill: string) => number;
  state: (employee: string, skill: string) => CellState | undefined;
  set: (employee: StaffMember, skill: string, after: number) => void;
  undo: () => Edit | undefined;
  canUndo: boolean;
}

interface Told {
  onLost: (edit: Edit, level: number) => void;
  onFailed: (error: unknown) => void;
}

export function useSheet(employees: readonly StaffMember[], { onLost, onFailed }: Told): Sheet {
  const [shown, setShown] = useState<ReadonlyMap<string, number>>(new Map());
  const [states, setStates] = useState<ReadonlyMap<string, CellState>>(new Map());
  const [done, setDone] = useState<readonly Edit[]>([]);
  const chains = useRef(new Map<string, Promise<void>>());
  const latest = useRef(new Map<string, StaffMember>());
  const marked = <T,>(held: ReadonlyMap<string, T>, key: string, value: T | undefined): ReadonlyMap<string, T> => {
    const next = new Map(held);
    if (value === undefined) next.delete(key);
    else next.set(key, value);
    return next;
  };
  const level = (employee: StaffMember, skill: string) => shown.get(keyOf(employee.id, skill)) ?? levelOf(employee.skills, skill);

  const run = async (edit: Edit) => {
    const key = keyOf(edit.employee, edit.skill);
    const known = queries.getQueryData<StaffMember[]>(LIST)?.find((one) => one.id === edit.employee);
    const kept = latest.current.get(edit.employee);
    const held = known && kept ? (kept.version > known.version ? kept : known) : (known ?? kept);
    if (!held) return;
    let state: CellState | undefined;
    try {
      const { employee, lost } = await save(held, edit);
      latest.current.set(employee.id, employee);
      put(employee);
      if (lost !== undefined) onLost(edit, lost);
    } catch (error) {
      state = "failed";
      onFailed(error);
    }
    // A later edit of the same cell is still on its way: what it shows stays.
    setShown((now) => (now.get(key) === edit.after ? marked(now, key, undefined) : now));
    setStates((now) => marked(now, key, state));
  };
  const begin = (edit: Edit) => {
    const key = keyOf(edit.employee, edit.skill);
    setShown((now) => marked(now, key, edit.after));
    setStates((now) => marked(now, key, "saving" as CellState));
    const before = chains.current.get(edit.employee) ?? Promise.resolve();
    chains.current.set(edit.employee, before.then(() => run(edit)));
  };
  return {
    level,
    state: (employee, skill) => states.get(keyOf(employee, skill)),
    set: (employee, skill, after) => {
      const edit = { employee: employee.id, skill, before: level(employee, skill), after };
      if (edit.before === after) return;
      setDone((held) => [...held.slice(-99), edit]);
      begin(edit);
    },
    undo: () => {
      const last = done.at(-1);
      if (!last || !employees.some((one) => one.id === last.employee)) return undefined;
      setDone((held) => held.slice(0, -1));
      begin({ ...last, before: last.after, after: last.before });
      return last;
    },
    canUndo: done.length > 0,
  };
}
