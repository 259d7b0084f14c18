/** How many contacts of a medium fit an employee: the house's costs against his budget. */

/** Points of the budget one contact takes, as the service counts them. */
export const COSTS: Readonly<Record<string, number>> = { voice: 100, chat: 20, messenger: 20, sms: 15, mail: 10 };
export const MEDIA = Object.keys(COSTS);
export const FULL_BUDGET = 100;

/** At most this many of one medium at once, when nothing else is under way. */
export function fits(budget: number, ceiling: number | undefined, medium: string): number {
  return Math.min(Math.floor(budget / (COSTS[medium] ?? 10)), ceiling ?? Number.POSITIVE_INFINITY);
}
