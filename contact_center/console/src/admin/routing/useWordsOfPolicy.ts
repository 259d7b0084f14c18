/** Policies in words: faults, places and values, in the reader's language. */
import type { PolicyChange, PolicyProblem } from "../../api/generated";
import type { Hours } from "../../api/types";
import { useNames } from "../../api/hooks";
import { titled } from "../../i18n";
import { useRecords } from "../kit/useRecords";
import { runs } from "../queues/hours";
import { useWords } from "../texts";
import { dateWords, differing, type Holidays } from "./holidays";
import { queueOf, reasonOf, type Rung, TO_QUEUE } from "./policy";

/** `titles`: code → name, also of queues that only the draft speaks of, or that are another department's. */
export function useWordsOfPolicy(titles: ReadonlyMap<string, string>) {
  const { w, maybeWord, locale } = useWords();
  const { queues: names } = useNames();
  const { data: queues } = useRecords("/queues");
  const { data: skills } = useRecords("/skills");
  const skillName = (code: string) => titled(skills?.find((one) => one.code === code)?.title, locale) || code;
  const queueName = (code: string) => {
    const queue = queues?.find((one) => one.code === code || one.id === code);
    return queue?.name ?? names.get(code)?.name ?? (titles.get(code) || code);
  };
  const mediumName = (code: string) => maybeWord(`medium.${code}`) ?? code;
  const fault = (reason: string) => {
    const known = reasonOf(reason);
    if (!known) return reason;
    const { key, params } = known;
    const said = params.name ?? "";
    const names: Record<string, () => string> = {
      round: () => said.split(" → ").map(queueName).join(" → "),
      no_queue: () => queueName(said),
      medium_used: () => queueName(said),
      no_medium: () => mediumName(said),
      untold: () => said.split(", ").map(mediumName).join(", "),
    };
    const name = (names[key] ?? (() => skillName(said)))();
    return maybeWord(`routing_fault.${key}`, { ...params, name }) ?? reason;
  };
  const seconds = (value: number) => w("routing.seconds", { n: value });
  const needs = (value: Record<string, number> | undefined) => Object.entries(value ?? {}).map(([code, level]) => `${skillName(code)} ${level}+`).join(", ") || w("routing.no_needs");
  const target = (value: string | null | undefined) => (value?.startsWith(TO_QUEUE) ? w("routing.to_queue", { name: queueName(value.slice(TO_QUEUE.length)) }) : (maybeWord(`routing_closed.${value}`) ?? value ?? "—"));
  const less = ({ needs: asked, drop = [], everyone }: Rung) => [needs(asked), drop.length && w("routing.drop_short", { names: drop.map(skillName).join(", ") }), everyone && w("routing.everyone_short")].filter(Boolean).join(", ");
  const step = (rung: Rung) => `${seconds(rung.after_seconds)}: ${rung.overflow ? target(rung.overflow) : less(rung)}`;
  const spans = (given: readonly (readonly string[])[]) => given.map(([start, end]) => `${start}–${end}`).join(", ");
  const week = (given: Hours) =>
    !Object.keys(given).length
      ? w("hours.always")
      : runs(given)
          .map((run) => `${w(`day_short.${run.from}`)}${run.from === run.to ? "" : `–${w(`day_short.${run.to}`)}`} ${spans(run.spans)}`)
          .join("; ") || w("hours.closed").toLowerCase();
  const days = (given: Holidays) => Object.entries(given).sort(([a], [b]) => a.localeCompare(b)).map(([day, own]) => `${dateWords(day, locale)}: ${own.length ? spans(own) : w("hours.closed").toLowerCase()}`).join("\n") || "—";
  const field = ({ place }: PolicyChange) => {
    const queue = `queues.${queueOf(place)}`;
    if (place === queue) return w("routing.new_queue");
    const name = place.replace(`${queue}.`, "").replace(/^house\./, "");
    const [kind, medium = "", part = ""] = place.split(".");
    if (kind === "media") return `${maybeWord(`medium.${medium}`) ?? medium}: ${maybeWord(`routing_field.${part}`) ?? part}`;
    if (kind === "skills") return w("routing.new_skill");
    return maybeWord(`routing_field.${name}`) ?? name;
  };
  /** `other`: what stands on the other side of the change. */
  const value = (place: string, given: unknown, other?: unknown): string => {
    const name = place.split(".").at(-1) ?? "";
    if (given === null || given === undefined) return "—";
    if (name === "needs") return needs(given as Record<string, number>);
    if (name === "ladder") return (given as Rung[]).map(step).join(" → ") || w("routing.no_ladder");
    if (name === "strategy") return maybeWord(`strategy.${String(given)}`) ?? String(given);
    if (name === "closed") return target(String(given));
    if (name === "offer_seconds_by") return Object.entries(given as Record<string, number>).map(([medium, n]) => `${maybeWord(`medium.${medium}`) ?? medium} ${seconds(n)}`).join(", ") || "—";
    if (name.endsWith("_seconds") && typeof given === "number") return seconds(given);
    if (typeof given === "boolean") return w(given ? "routing.yes" : "routing.no");
    if (name === "hours") return week(given as Hours);
    if (name === "holidays") return days(differing(given as Holidays, (other ?? {}) as Holidays));
    return typeof given === "object" ? JSON.stringify(given) : String(given);
  };
  /** A fault that stands beside no field: what it is about, and what is wrong. */
  const placed = ({ place, reason }: PolicyProblem) => {
    const code = queueOf(place);
    const rest = code === undefined ? place : place.slice(`queues.${code}.`.length);
    const medium = /^media\.([^.]+)$/.exec(place)?.[1];
    const named = !/[.[]/.test(rest) || /^(?:media|house)\./.test(place);
    const what = rest === "" && code !== undefined ? queueName(code) : medium !== undefined ? mediumName(medium) : named ? field({ place, before: null, after: null }) : rest;
    return `${what}: ${fault(reason)}`;
  };
  return { skills: skills ?? [], queues: queues ?? [], skillName, queueName, fault, placed, field, value };
}
