/** Explanations in sentences: from the codes and figures of the server to words, nothing else. */
import type { Candidate, Decision, Gate, Near, Reason, Step, StillWaiting, WhyIdle } from "../api/generated";
import { type I18n, titled } from "../i18n";
import { clock, full, lasting, spanning } from "../i18n/time";
import { textsIn } from "./texts";

/** Names by ids and codes; what is unknown stays as it is. */
export interface Names {
  people: ReadonlyMap<string, string>;
  skills: ReadonlyMap<string, Record<string, string>>;
  queues: ReadonlyMap<string, string>;
}

export type Fact = [title: string, value: string];

export function namesFrom(said: { people?: { id: string; name: string }[]; skills?: { code: string; title: Record<string, string> }[] }, queues: ReadonlyMap<string, { name: string }>): Names {
  return {
    people: new Map(said.people?.map((one) => [one.id, one.name])),
    skills: new Map(said.skills?.map((one) => [one.code, one.title])),
    queues: new Map([...queues].map(([id, one]) => [id, one.name])),
  };
}

const text = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : "");
/** Rules that hold without anybody to compare with. */
const NAMED = new Set(["preferred", "relaxed"]);
/** What the parts of an operator's key mean (`routing/strategies.py`): the first that differs has decided. */
const PARTS: Record<string, readonly string[]> = {
  longest_idle: ["longest"],
  least_loaded: ["least", "longest"],
  narrowest_first: ["narrowest_first", "longest"],
  pack: ["pack", "longest"],
  best_level: ["best_level", "longest"],
  round_robin: ["round_robin", "longest"],
  automatic: ["automatic", "least", "narrowest_first", "longest"],
};
/** Who takes calls by name has his points the other way round. */
const TAKES_CALLS = ["automatic", "pack", "narrowest_first", "longest"];

export class Wording {
  private readonly i18n: I18n;
  private readonly names: Names;
  readonly w: ReturnType<typeof textsIn>["w"];
  private readonly maybe: ReturnType<typeof textsIn>["maybe"];

  constructor(i18n: I18n, names: Names) {
    this.i18n = i18n;
    this.names = names;
    const { w, maybe } = textsIn(i18n.locale);
    this.w = w;
    this.maybe = maybe;
  }

  private person(id: unknown): string {
    return this.names.people.get(text(id)) ?? this.i18n.t("system.somebody");
  }

  private queue(id: unknown): string {
    return this.names.queues.get(text(id)) ?? "—";
  }

  private medium(code: unknown): string {
    return this.maybe(`medium.${text(code)}`) ?? text(code);
  }

  private presence(code: string): string {
    return this.maybe(`away.${code}`) ?? this.i18n.maybe(`presence.${code}`)?.toLocaleLowerCase(this.i18n.locale) ?? code;
  }

  private skill(code: unknown): string {
    return titled(this.names.skills.get(text(code)), this.i18n.locale) || text(code);
  }

  private lasting(ms: number): string {
    return lasting(this.i18n, Math.abs(ms));
  }

  private clock(ms: unknown): string {
    return typeof ms === "number" || typeof ms === "string" ? clock(this.i18n, ms) : "—";
  }

  /** What may be days away. */
  private day(ms: unknown): string {
    return typeof ms === "number" ? full(this.i18n, ms) : "—";
  }

  private listed(counts: Record<string, number>, name: (code: string) => string): string {
    return Object.entries(counts)
      .toSorted((a, b) => b[1] - a[1])
      .map(([code, n]) => this.w("count.item", { name: name(code), n }))
      .join(", ");
  }

  /** chat, Taxes from level 3 */
  asked(medium: string, needs: Record<string, number> | null | undefined): string {
    const skills = Object.entries(needs ?? {}).map(([code, n]) => this.w("asked.skill", { name: this.skill(code), n }));
    if (!skills.length) return this.w("asked.anything", { medium: this.medium(medium) });
    return this.w("asked.skills", { medium: this.medium(medium), skills: skills.join(", ") });
  }

  strategy(code: string): string {
    return this.maybe(`strategy.${code}`) ?? code;
  }

  // --- why here ------------------------------------------------------------------------------

  here(decision: Decision, all: readonly Decision[] = []): string[] {
    const name = this.person(decision.operator_id);
    const time = this.clock(decision.at);
    const { reason } = decision;
    if (!reason) return [this.w("here.plain", { name, time })];
    const wait = this.lasting(reason.wait_ms);
    return [this.w(decision.state === "accepted" ? "here.accepted" : "here.live", { name, time, wait }), ...this.because(reason, all.filter((one) => one.at < decision.at))];
  }

  private because(reason: Reason, before: readonly Decision[]): string[] {
    const name = this.person(reason.chosen.id);
    const said = [this.w("place.first", { n: reason.waiting, asked: this.asked(reason.medium, reason.needs) })];
    if (reason.priority_ms) said.push(this.w(reason.priority_ms > 0 ? "place.priority" : "place.later", { time: this.lasting(reason.priority_ms) }));
    if (reason.kept_ms) said.push(this.w("place.kept", { time: this.lasting(reason.kept_ms) }));
    if (reason.rung) said.push(this.w("rung.at", { n: reason.rung }));
    said.push(this.w("able.counts", { n: reason.eligible, ready: reason.ready, room: reason.with_room }));
    said.push(this.rule(reason, name));
    if (reason.excluded.length) said.push(this.w("excluded.names", { names: reason.excluded.map((id) => this.kept(id, before)).join("; ") }));
    return said;
  }

  /** Anna declined: on a break */
  private kept(id: string, before: readonly Decision[]): string {
    const last = before.findLast((one) => one.operator_id === id && (one.state === "declined" || one.state === "missed"));
    return this.refusal(id, last?.state ?? "passed_on", last?.ended_reason);
  }

  private refusal(id: string, cause: string, reason: string | null | undefined): string {
    const said = reason && cause === "declined" ? "declined_why" : cause;
    return this.maybe(`kept.${said}`, { name: this.person(id), reason: this.declined(reason) }) ?? this.person(id);
  }

  /** The reason chosen for declining; who used the API may have said it in words of his own. */
  private declined(reason: string | null | undefined): string {
    const words = reason ? this.i18n.maybe(`decline.${reason}`) : undefined;
    return words ? words.slice(0, 1).toLocaleLowerCase(this.i18n.locale) + words.slice(1) : (reason ?? "");
  }

  private rule(reason: Reason, name: string): string {
    if (!reason.runner_up && !NAMED.has(reason.rule)) {
      if (reason.with_room > 1) return this.w("rule.left");
      return reason.rule === "longest_waiting" ? this.w("rule.longest_waiting", { name }) : this.w("rule.alone");
    }
    const { chosen, runner_up } = reason;
    const rule = runner_up && !NAMED.has(reason.rule) ? this.before(reason.strategy, chosen, runner_up, name) : this.maybe(`rule.${reason.rule}`, { name });
    return [rule, runner_up && this.w("rule.next", { name: this.person(runner_up.id) })].filter(Boolean).join(" ");
  }

  /** By what he comes before the next one. */
  private before(strategy: string, one: Candidate, next: Candidate, name: string): string | undefined {
    const parts = strategy === "automatic" && one.key[0] === 1 ? TAKES_CALLS : PARTS[strategy];
    const at = one.key.findIndex((part, n) => part !== next.key[n]);
    return at < 0 ? this.w("rule.equal", { name }) : this.maybe(`rule.${parts?.[at]}`, { name });
  }

  private operator(one: Candidate): string {
    const idle = one.idle_ms === null ? this.w("fact.ever") : this.lasting(one.idle_ms);
    return this.w("fact.operator", { name: this.person(one.id), points: one.used, idle });
  }

  /** How a place in line is made up, where it is of more than one part. */
  private parts(one: { wait_ms: number; priority_ms: number; kept_ms: number }): Fact[] {
    const facts: Fact[] = [[this.w("fact.wait"), this.lasting(one.wait_ms)]];
    const signed = (ms: number) => (ms < 0 ? `−${this.lasting(ms)}` : `+${this.lasting(ms)}`);
    if (one.priority_ms) facts.push([this.w("fact.priority"), signed(one.priority_ms)]);
    if (one.kept_ms) facts.push([this.w("fact.kept"), signed(one.kept_ms)]);
    const sum = one.wait_ms + one.priority_ms + one.kept_ms;
    if (facts.length > 1) facts.push([this.w("fact.counted"), sum < 0 ? `−${this.lasting(sum)}` : this.lasting(sum)]);
    return facts;
  }

  facts(reason: Reason): Fact[] {
    const facts = this.parts(reason);
    facts.push([this.w("fact.asked"), this.asked(reason.medium, reason.needs)]);
    facts.push([this.w("fact.waiting"), String(reason.waiting)]);
    facts.push([this.w("fact.able"), String(reason.eligible)]);
    facts.push([this.w("fact.ready"), String(reason.ready)]);
    facts.push([this.w("fact.room"), String(reason.with_room)]);
    if (reason.rung) facts.push([this.w("fact.rung"), String(reason.rung)]);
    facts.push([this.w("fact.strategy"), this.strategy(reason.strategy)]);
    facts.push([this.w("fact.chosen"), this.operator(reason.chosen)]);
    if (reason.runner_up) facts.push([this.w("fact.next"), this.operator(reason.runner_up)]);
    if (reason.policy) facts.push([this.w("fact.policy"), reason.policy]);
    return facts;
  }

  // --- why still waiting ---------------------------------------------------------------------

  waiting(one: StillWaiting, now: number): string[] {
    const { estimate } = one;
    if (one.reason === "parked") return [this.reason(one), this.w("waiting.parked_then", { name: this.person(one.values["by"]) })];
    const said = [this.reason(one), `${this.w("waiting.wait", { wait: this.lasting(one.wait_ms) })} ${this.w("waiting.ahead", { n: one.ahead })}`];
    if (estimate) said.push(this.w("waiting.estimate", { span: spanning(this.i18n, estimate.low, estimate.high), n: estimate.position }));
    if (one.kept_from.length) said.push(this.w("excluded.names", { names: one.kept_from.map((kept) => this.refusal(kept.operator_id, kept.cause, kept.reason)).join("; ") }));
    return [...said, this.next(one, now)];
  }

  private reason(one: StillWaiting): string {
    const { values, counts } = one;
    switch (one.reason) {
      case "parked":
        return this.w("waiting.parked", { name: this.person(values["by"]), time: this.day(values["until_ms"]) });
      case "callback":
        return this.w("waiting.callback", { time: this.clock(values["due_ms"]) });
      case "held":
        return this.w(values["strict"] ? "waiting.strict" : "waiting.held", { name: this.person(values["operator"]), time: this.clock(values["until_ms"]) });
      case "nobody":
        return this.w("waiting.nobody", { lacking: this.listed(one.lacking, (code) => this.maybe(`lack.${code}`) ?? this.skill(code)) || "—" });
      case "none_ready":
        return this.w("waiting.none_ready", { n: counts.able, away: this.listed(one.away, (code) => this.presence(code)) });
      case "busy": {
        const media = this.listed(one.on_hand, (code) => this.medium(code));
        return this.w("waiting.busy", { n: counts.busy, hands: media && this.w("waiting.hands", { media }) });
      }
      default:
        return this.maybe(`waiting.${one.reason}`) ?? one.reason;
    }
  }

  private next(one: StillWaiting, now: number): string {
    const { step } = one;
    if (!step) return this.w("next.none");
    const when = { wait: this.lasting(Math.max(0, Date.parse(step.at) - now)), time: this.clock(step.at) };
    if (step.overflow?.startsWith("queue:")) return this.w("next.queue", { ...when, name: this.queue(step.overflow.slice("queue:".length)) });
    if (step.overflow) return this.maybe(`next.${step.overflow}`, when) ?? step.overflow;
    const opens = one.members_only && !step.members_only;
    return this.w(opens ? "next.everyone" : "next.rung", { ...when, asked: this.asked(one.medium, step.needs) });
  }

  waitingFacts(one: StillWaiting): Fact[] {
    const { counts } = one;
    const facts = this.parts(one);
    facts.push([this.w("fact.asked"), this.asked(one.medium, one.needs)]);
    facts.push([this.w("fact.members"), this.w(one.members_only ? "fact.yes" : "fact.no")]);
    facts.push([this.w("fact.ahead"), String(one.ahead)]);
    if (one.rungs) facts.push([this.w("fact.rung"), this.w("fact.of", { n: one.rung, all: one.rungs })]);
    facts.push([this.w("fact.able"), String(counts.able)]);
    facts.push([this.w("fact.not_ready"), String(counts.not_ready)]);
    facts.push([this.w("fact.busy"), String(counts.busy)]);
    if (counts.excluded) facts.push([this.w("fact.excluded"), String(counts.excluded)]);
    facts.push([this.w("fact.unable"), String(counts.unable)]);
    if (one.misses) facts.push([this.w("fact.misses"), String(one.misses)]);
    return facts;
  }

  // --- why not, why idle, what happened --------------------------------------------------------

  gate(gate: Gate): string {
    const { code, values } = gate;
    const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? value : text(value)]));
    const worded = {
      ...numbers,
      state: this.presence(text(values["presence"])),
      medium: this.medium(values["medium"]),
      skill: this.skill(values["skill"]),
      strategy: this.strategy(text(values["strategy"])),
      time: code === "parked" ? this.day(values["until_ms"]) : this.clock(values["until_ms"] ?? values["due_ms"]),
      reason: this.declined(text(values["reason"])),
      name: "queue" in values ? this.queue(values["queue"]) : this.person(values["by"] ?? values["operator"]),
    };
    return this.maybe(`gate.${this.variant(code, values)}`, worded) ?? code;
  }

  private variant(code: string, values: Record<string, unknown>): string {
    if (code === "presence" && values["lost"]) return "lost";
    if (code === "held" && values["strict"]) return "strict";
    if (code === "excluded") return this.exclusion(values);
    return code;
  }

  private exclusion(values: Record<string, unknown>): string {
    const how = values["cause"] === "declined" && values["reason"] ? "declined" : "excluded";
    return values["until_ms"] ? how : `${how}_then`;
  }

  /** `mine`: said to the operator himself. */
  idle(said: WhyIdle, mine = false): string[] {
    const { presence, used, budget } = said;
    const code = said.code === "presence" && presence === "ready" ? "lost" : said.code;
    const params = { state: this.presence(presence), used, budget };
    const first = (mine ? this.maybe(`my.${code}`, params) : undefined) ?? this.maybe(`idle.${code}`, params) ?? code;
    const sentences = [first];
    if (said.used === 0 && said.idle_ms !== null && said.code !== "presence") sentences.push(this.w("idle.since", { time: this.lasting(said.idle_ms) }));
    if (said.waiting) sentences.push(this.w("idle.looked", { n: said.waiting }));
    return sentences;
  }

  nearest(near: Near): string {
    return this.w("idle.nearest", { number: near.number ?? "—", queue: this.queue(near.queue_id), wait: this.lasting(near.wait_ms) });
  }

  step(step: Step): string {
    const params = { name: this.person(step.operator_id), queue: this.queue(step.queue_id), n: step.rung };
    if (step.code === "declined" && step.detail) return this.w("step.declined_why", { ...params, reason: this.declined(step.detail) });
    if (step.code === "ended") return this.maybe(`step.ended_${step.detail ?? ""}`) ?? this.w("step.ended");
    const key = step.code === "arrived" || step.code === "moved" || step.code === "returned" ? `step.${step.code}_${step.detail ?? ""}` : `step.${step.code}`;
    return this.maybe(key, params) ?? step.code;
  }
}
