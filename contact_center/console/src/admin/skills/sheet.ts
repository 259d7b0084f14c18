/** The sheet of people and skills: pure. */
import type { StaffMember } from "../../api/types";

export type Skill = StaffMember["skills"][number];
export interface Cell {
  row: number;
  column: number;
}
export interface Edit {
  employee: string;
  skill: string;
  before: number;
  after: number;
}

export const HIGHEST = 5;

export function levelOf(skills: readonly Skill[], skill: string): number {
  return skills.find((one) => one.skill_id === skill)?.level ?? 0;
}

/** Somebody's skills with one at another level; 0 is none. */
export function withLevel(skills: readonly Skill[], skill: string, level: number): Skill[] {
  const others = skills.filter((one) => one.skill_id !== skill);
  return level > 0 ? [...others, { skill_id: skill, level }] : others;
}

/** Where a key leads from a cell; undefined for keys that lead nowhere. */
export function moved({ row, column }: Cell, key: string, rows: number, columns: number, whole: boolean): Cell | undefined {
  const to = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    Home: [whole ? 0 : row, 0],
    End: [whole ? rows - 1 : row, columns - 1],
    PageUp: [row - 10, column],
    PageDown: [row + 10, column],
  }[key];
  if (!to) return undefined;
  const within = (at: number, count: number) => Math.max(0, Math.min(count - 1, at));
  return { row: within(to[0] as number, rows), column: within(to[1] as number, columns) };
}

/** The level a key gives a cell that has another one. */
export function levelBy(key: string, level: number): number | undefined {
  if (/^[0-5]$/.test(key)) return Number(key);
  if (key === "Delete" || key === "Backspace") return 0;
  if (key === "+" || key === "=") return Math.min(HIGHEST, level + 1);
  if (key === "-") return Math.max(0, level - 1);
  return undefined;
}
