/** A provider's described fields as form values, and back: pure. */
import type { SettingField } from "../../api/types";
import type { TwoTexts } from "../kit/fields";

export interface PrechatQuestion {
  name: string;
  label: TwoTexts;
  type: "text" | "email" | "phone";
  required: boolean;
}

const PREFIX = "settings.";
export type SettingValues = Record<string, unknown>;

export const nameOf = (field: Pick<SettingField, "name">): string => PREFIX + field.name;

/** What a field starts with: what is kept, else its default, else nothing of its type. Secrets
 *  start undefined: they are never sent back. */
export function startOf(fields: readonly SettingField[], kept: Record<string, unknown> | undefined): SettingValues {
  return Object.fromEntries(fields.map((field) => [nameOf(field), field.secret ? undefined : (kept?.[field.name] ?? field.default ?? nothing(field))]));
}

function nothing(field: SettingField): unknown {
  if (field.type === "flag") return false;
  if (field.type === "number") return null;
  if (field.type === "list" || field.type === "questions") return [];
  if (field.type === "texts") return { ru: "", en: "" };
  return "";
}

/** Whether a field matters, by what stands in the fields it depends on. */
export function matters(field: Pick<SettingField, "when">, values: SettingValues): boolean {
  return Object.entries(field.when).every(([name, wanted]) => wanted.includes(String(values[PREFIX + name])));
}

/** The settings among a form's values; undefined ones stay as they are at the server. */
export function settingsOf(values: SettingValues): Record<string, unknown> {
  const own = Object.entries(values).filter(([name, value]) => name.startsWith(PREFIX) && value !== undefined);
  return Object.fromEntries(own.map(([name, value]) => [name.slice(PREFIX.length), value]));
}

export type SettingFault = "missing" | "color" | "question_name" | "question_label" | "question_twice" | "origin" | "url" | "pattern" | "short";

/** What can be told to be wrong before the server is asked. */
export function faultOf(field: SettingField, value: unknown, isSet: boolean): SettingFault | null {
  const empty = value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);
  if (empty) return field.required && !isSet && !field.generated ? "missing" : null;
  if (field.type === "color" && !/^#[0-9a-f]{6}$/i.test(String(value))) return "color";
  if (field.type === "url" && !/^https?:\/\/\S+$/.test(String(value))) return "url";
  if (typeof value === "string" && value.trim().length < field.min_length) return "short";
  if (typeof value === "string" && !fits(field.pattern, value.trim())) return "pattern";
  if (field.name.endsWith("origins") && !(value as string[]).every(isOrigin)) return "origin";
  if (field.type === "questions") return questionsFault(value as PrechatQuestion[]);
  return null;
}

/** The server's patterns are read here, too; one that a browser cannot read is the server's alone. */
function fits(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern).test(value);
  } catch {
    return true;
  }
}

function questionsFault(questions: readonly PrechatQuestion[]): SettingFault | null {
  if (questions.some(({ name }) => !/^[a-z][a-z0-9_]{0,31}$/.test(name))) return "question_name";
  if (questions.some(({ label }) => !label.ru.trim() && !label.en.trim())) return "question_label";
  return new Set(questions.map(({ name }) => name)).size < questions.length ? "question_twice" : null;
}

export const isOrigin = (text: string): boolean => /^https?:\/\/(\*\.)?[^\s/*?#]+$/i.test(text);

/** One entry per line, space or comma; of a whole address only its origin. */
export function linesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean).map((line) => /^(https?:\/\/[^/\s?#]+)[/?#]/i.exec(line)?.[1] ?? line))];
}
