/** What of a provider's description each step of the wizard needs: pure. */
import type { Connection, ProviderInfo, SettingField } from "../../../api/types";
import { faultOf, matters, nameOf, type SettingValues, settingsOf } from "../settings";

export const STEPS = ["channel", "data", "address", "trial"] as const;
export type Step = (typeof STEPS)[number];

/** What a person has to bring along: what is required, or has a place at the provider. */
export const isMain = (field: SettingField): boolean => !field.generated && (field.required || Boolean(field.where.ru));

/** The fields that matter now, parted: what is asked for at once, and the rest. */
export function parted(fields: readonly SettingField[], values: SettingValues): { main: SettingField[]; more: SettingField[] } {
  const asked = fields.filter((field) => matters(field, values));
  return { main: asked.filter(isMain), more: asked.filter((field) => !isMain(field)) };
}

/** What is to be asked of the provider, as one text; null while something is missing or wrong. */
export function askable(provider: ProviderInfo, values: SettingValues, isSet: (field: SettingField) => boolean): string | null {
  if (!provider.fields.some((field) => field.required)) return null; // nobody to ask
  const { main, more } = parted(provider.fields, values);
  const given = main.every((field) => isSet(field) || !field.secret || values[nameOf(field)]);
  const faulty = [...main, ...more].some((field) => faultOf(field, values[nameOf(field)], isSet(field)));
  return given && !faulty ? JSON.stringify(settingsOf(values)) : null;
}

/** Where somebody who comes back goes on. */
export const resumed = (account: Connection): Step => (account.last_in_at ? "trial" : "address");

const PASTED = 3;

/** Whether so much came at once that nobody can have typed it. */
export function isPasted(before: string, next: string): boolean {
  let start = 0;
  while (start < before.length && before[start] === next[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < next.length - start && before.at(-1 - end) === next.at(-1 - end)) end += 1;
  return next.length - start - end >= PASTED;
}

/** A text in pieces: addresses in it become links. */
export function linked(text: string): { text: string; href?: string }[] {
  return text
    .split(/(https?:\/\/[^\s,;)]*[^\s,;).:])/)
    .filter(Boolean)
    .map((piece) => (/^https?:\/\//.test(piece) ? { text: piece, href: piece } : { text: piece }));
}
