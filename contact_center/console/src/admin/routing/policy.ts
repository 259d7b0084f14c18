/** A routing policy as the page edits it, and the server's words on it: pure. */
import type { Policy, PolicyChange, PolicyProblem } from "../../api/generated";
import type { Hours } from "../../api/types";
import type { Holidays } from "./holidays";

export type Needs = Record<string, number>;

export interface Rung {
  after_seconds: number;
  needs?: Needs;
  drop?: string[];
  everyone?: boolean;
  overflow?: string | null;
}

export interface QueueRules {
  code: string;
  /** Of a queue the draft brings along: its name, and the department it will be in. */
  title?: string;
  department?: string | null;
  needs: Needs;
  members_only: boolean;
  strategy: string;
  priority_seconds: number;
  hold_seconds: number;
  offer_seconds: number;
  offer_seconds_by: Record<string, number>;
  ladder: Rung[];
  closed: string;
  zone: string;
  /** No days at all: always open. */
  hours: Hours;
  holidays: Holidays;
}

export type HouseField = "exclude_seconds" | "misses_in_a_row" | "capacity" | "grace_seconds" | "visitor_grace_seconds" | "wrap_up_limit_seconds";

export interface Medium {
  points: number;
  ceiling?: number | null;
  offer_seconds?: number | null;
  exclusive?: boolean;
}

export interface PolicyBody {
  house: Partial<Record<HouseField, number>>;
  media: Record<string, Medium>;
  queues: QueueRules[];
}

export const STRATEGIES = ["automatic", "longest_idle", "least_loaded", "narrowest_first", "pack", "best_level", "round_robin"] as const;
export const TO_QUEUE = "queue:";
export const WAYS_OUT = ["mail_form", "bot", "voicemail"] as const;

/** What an editor began with. */
export interface Begun {
  policy: Policy;
  running: Policy;
  body: PolicyBody;
}

export function begunWith(policy: Policy, running: Policy): Begun {
  return { policy, running, body: whole(policy.body, running.body, policy.adopted) };
}

/** Whether there is something newer to begin with. */
export function isOld({ policy, running }: Begun, newest: Policy, runs: Policy): boolean {
  return policy.id !== newest.id || policy.version !== newest.version || running.edition !== runs.edition;
}

/** Whether others have changed the very thing that is edited: a draft, or what runs. */
export function isOvertaken({ policy, running }: Begun, newest: Policy, runs: Policy): boolean {
  return policy.state === "draft" ? policy.version < newest.version : running.edition !== runs.edition;
}

/** What a draft leaves unsaid stays as it runs: the page always shows the whole. */
export function whole(said: Record<string, unknown>, running: Record<string, unknown>, adopted: Record<string, string> = {}): PolicyBody {
  const base = structuredClone(running) as unknown as PolicyBody;
  const renamed = new Set(Object.values(adopted)); // queues the draft calls by a new code
  base.queues = base.queues.filter((queue) => !renamed.has(queue.code));
  const given = structuredClone(said) as Partial<PolicyBody>;
  const queues = base.queues.map((queue) => {
    const own = Array.isArray(given.queues) ? given.queues.find((one) => one.code === queue.code) : undefined;
    return own ? { ...unsaid(queue.code), ...own } : queue;
  });
  const more = Array.isArray(given.queues) ? given.queues.filter((one) => !queues.some((queue) => queue.code === one.code)) : [];
  return { ...base, ...given, queues: [...queues, ...more.map((one) => ({ ...unsaid(one.code), ...one }))] };
}

function unsaid(code: string): QueueRules {
  return { code, needs: {}, members_only: false, strategy: "automatic", priority_seconds: 0, hold_seconds: 60, offer_seconds: 45, offer_seconds_by: {}, ladder: [], closed: "wait", zone: "UTC", hours: {}, holidays: {} };
}

export function changed<T extends { code: string }>(queues: readonly T[], code: string, change: Partial<T>): T[] {
  return queues.map((queue) => (queue.code === code ? { ...queue, ...change } : queue));
}

/** A new step asks for what the last one does, half a minute later. */
export function nextRung(queue: QueueRules): Rung {
  const last = queue.ladder.at(-1);
  return { after_seconds: (last?.after_seconds ?? 0) + 30, needs: { ...(last?.needs ?? queue.needs) }, ...(last?.drop?.length ? { drop: [...last.drop] } : {}), ...(last?.everyone ? { everyone: true } : {}) };
}

/** The faults at a place and, with `within`, below it. */
export function faultsAt(problems: readonly PolicyProblem[], place: string, within = false): string[] {
  return problems.filter((one) => one.place === place || (within && (one.place.startsWith(`${place}.`) || one.place.startsWith(`${place}[`)))).map((one) => one.reason);
}

/** Where the queue's form shows faults beside what they are about. */
const BESIDE = /^(?:strategy|closed|zone|priority_seconds|hold_seconds|offer_seconds|department|hours(?:[.[].*)?|holidays\..+|ladder\[.+|needs\.[^.]+|offer_seconds_by\.[^.]+)$/;
const BESIDE_STEP = /^(?:after_seconds|overflow|(?:needs|drop)\.[^.]+)$/;
const HOUSE_PLACES = /^(?:house\.(?:exclude_seconds|misses_in_a_row|capacity|grace_seconds|visitor_grace_seconds|wrap_up_limit_seconds)|media\.(?<medium>[^.]+)\.(?:points|ceiling|offer_seconds))$/;

/** The faults below a queue, or a step of its ladder, that no field of the form shows. */
export function leftOver(problems: readonly PolicyProblem[], place: string, step = false): PolicyProblem[] {
  return problems.filter((one) => one.place.startsWith(`${place}.`) && !(step ? BESIDE_STEP : BESIDE).test(one.place.slice(place.length + 1)));
}

/** The faults that are of no queue the page shows, nor of a field of the house. */
export function elsewhere(problems: readonly PolicyProblem[], body: PolicyBody): PolicyProblem[] {
  const shown = body.queues.map((one) => `queues.${one.code}`);
  return problems.filter(({ place }) => {
    const found = HOUSE_PLACES.exec(place);
    if (found) return found.groups?.medium !== undefined && !(found.groups.medium in body.media);
    return !shown.some((queue) => place === queue || place.startsWith(`${queue}.`));
  });
}

/** The queue a place speaks of; undefined for the house and its media. */
export function queueOf(place: string): string | undefined {
  return IN_QUEUE.exec(place)?.[1];
}

/** A code may have dots itself, so it goes on until a word of a queue's rules. */
const IN_QUEUE = /^queues\.(.+?)(?:\.(?:code|title|department|needs|members_only|strategy|priority_seconds|hold_seconds|offer_seconds|offer_seconds_by|wrap_up_seconds|ladder|zone|hours|holidays|closed)(?:[.[].*)?)?$/;

/** The server's sentences, told apart so that they can be said in the reader's language. */
const REASONS: readonly [RegExp, string][] = [
  [/^there is no skill '(?<name>.+)'$/, "no_skill"],
  [/^the skill '(?<name>.+)' is in the archive$/, "shelved_skill"],
  [/^there is no queue (?:'(?<name>.+)'|of this code)$/, "no_queue"],
  [/^asks for (?<name>\S+) (?<n>\d), the rung before it for (?<m>\d): /, "stricter"],
  [/^asks for (?<name>\S+) again, which the rung before it drops: /, "again"],
  [/^is for members only, the rung before it for everyone: /, "members"],
  [/^is reached after (?<n>\d+) s, not later than the rung before it: /, "not_later"],
  [/^comes after an overflow, so nobody reaches it$/, "after_overflow"],
  [/^contacts go round: (?<name>.+)$/, "round"],
  [/^the span from (?<name>\S+) overlaps the one before it$/, "overlaps"],
  [/^(?<name>\S+) is not before (?<other>\S+)$/, "not_before"],
  [/^is a new queue: name its department /, "department"],
  [/^there is no department '(?<name>.+)';/, "no_department"],
  [/^would be a second queue named '(?<name>.+)': that one's code is '(?<other>.+)'$/, "second"],
  [/^is the name or code of a queue in the archive$/, "archived"],
  [/^there is no time zone '(?<name>.+)'$/, "no_zone"],
  [/^there is no day (?<name>\S+)$/, "no_day"],
  [/^the year must be between (?<n>\d+) and (?<m>\d+)$/, "far_day"],
  [/^is never open$/, "never_open"],
  [/^is between (?<n>\d+) and (?<m>\d+)$/, "between"],
  [/^voicemail is for queues of calls alone/, "calls_only"],
  [/^\S+ cannot be told by (?<name>.+): let them wait$/, "untold"],
  [/^is \d+ for now$/, "fixed"],
  [/^is missing$/, "missing"],
  [/^means nothing here, not /, "unknown"],
  [/^must be a whole number, not /, "whole"],
  [/^must be true or false, not /, "yes_no"],
  [/^must be text, not /, "text"],
  [/^must not be empty, not /, "empty"],
  [/^must have at most (?<n>\d+) characters, not /, "long"],
  [/^must be at least (?<n>-?\d+), not /, "least"],
  [/^must be at most (?<n>-?\d+), not /, "most"],
  [/^must be two times, as in /, "span"],
  [/^must be a (?:list|table), not /, "shape"],
  [/^must be a word without spaces and colons, not /, "code"],
  [/^must be a time from /, "time"],
  [/^must be a date like /, "date"],
  [/^must be (?:wait|queue:)/, "target"],
  [/^must be one of (?<name>.+), not /, "one_of"],
  [/^is not possible here, not /, "shape"],
  [/^there is another queue of this code$/, "same_code"],
  [/^there is no medium '(?<name>.+)'$/, "no_medium"],
  [/^contacts come by it to queue '(?<name>.+)': it must stay$/, "medium_used"],
  [/^is more than the house\.most_priority_seconds of (?<n>\d+)/, "over_priority"],
  [/^is more than the house\.capacity of (?<n>\d+)/, "too_dear"],
  [/^is more than the house\.wrap_up_limit_seconds of (?<n>\d+)/, "over_limit"],
];

export function reasonOf(reason: string): { key: string; params: Record<string, string> } | undefined {
  for (const [pattern, key] of REASONS) {
    const found = pattern.exec(reason);
    if (found) return { key, params: { name: "", other: "", n: "", m: "", ...found.groups } };
  }
  return undefined;
}

/** Changes by the queue they are of; those of the house come first. */
export function grouped(changes: readonly PolicyChange[]): [string | undefined, PolicyChange[]][] {
  const groups = new Map<string | undefined, PolicyChange[]>();
  for (const one of changes) groups.set(queueOf(one.place), [...(groups.get(queueOf(one.place)) ?? []), one]);
  return [...groups].sort(([a], [b]) => Number(a !== undefined) - Number(b !== undefined));
}
