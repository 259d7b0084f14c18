import { describe, expect, it } from "vitest";
import type { Decision, Reason, StillWaiting } from "../api/generated";
import type { I18n, Locale } from "../i18n";
import { makeI18n } from "../i18n";
import en from "../i18n/en.json";
import ru from "../i18n/ru.json";
import { Wording } from "./words";

const names = {
  people: new Map([["a", "Anna"], ["b", "Boris"]]),
  skills: new Map([["tax", { ru: "Налоги", en: "Taxes" }]]),
  queues: new Map([["q", "Orders"], ["v", "Claims"]]),
};
const i18n = (locale: Locale): I18n => makeI18n(locale === "en" ? en : ru, locale, "UTC", () => {});
const words = (locale: Locale = "en") => new Wording(i18n(locale), names);

const AT = "2026-03-02T10:02:14Z";
const reason: Reason = {
  rule: "longest_idle", strategy: "longest_idle", policy: "4", at: AT, queue_id: "q", medium: "chat", needs: { tax: 3 }, rung: 1,
  wait_ms: 41_000, priority_ms: 120_000, kept_ms: 0, waiting: 37, eligible: 12, ready: 3, with_room: 2,
  chosen: { id: "a", used: 0, idle_ms: 188_000, key: [1] }, runner_up: { id: "b", used: 20, idle_ms: 95_000, key: [2] }, excluded: [],
};
const decision: Decision = { offer_id: "o", operator_id: "a", state: "live", ended_reason: null, at: AT, ended_at: null, reason };
const waiting: StillWaiting = {
  reason: "busy", values: {}, at: AT, queue_id: "q", medium: "chat", wait_ms: 60_000, priority_ms: 0, kept_ms: 0, ahead: 2, needs: { tax: 3 }, members_only: true,
  rung: 0, rungs: 2, misses: 0, counts: { able: 7, unable: 1, not_ready: 3, busy: 4, excluded: 0, free: 0 }, away: { break: 3 }, lacking: { tax: 1 }, on_hand: { voice: 4 },
  step: { at: "2026-03-02T10:02:26Z", rung: 1, overflow: null, needs: { tax: 1 }, members_only: true }, kept_from: [], estimate: null,
};
const now = Date.parse(AT);

describe("explanations", () => {
  it("say why somebody was chosen, in one go", () => {
    expect(words().here(decision).join(" ")).toBe(
      "Offered to Anna at 10:02, after a wait of 41 s. It came first of 37 that waited for the same: chat, Taxes from level 3. Its priority counted like 2 min more of waiting. " +
        "It was asked for as on step 1 of the queue's ladder. 12 operators can take it; ready: 3, with room: 2. Anna came first: free the longest. Next would have been Boris.",
    );
  });
  it("name what set him apart from the next one, not what the strategy asks after it", () => {
    const why = (strategy: string, one: unknown[], next: unknown[], locale: Locale = "en") => {
      const said = { ...reason, strategy, rule: strategy, chosen: { ...reason.chosen, key: one }, runner_up: { ...reason.runner_up!, key: next } };
      return words(locale).here({ ...decision, reason: said }).at(-1)!.replace(/ (Next|Следующий).*/, "");
    };
    expect(why("automatic", [0, 0, 5, 9], [0, 20, 1, 3])).toBe("Anna came first: the least on the hands.");
    expect(why("automatic", [0, 0, 1, 9], [0, 0, 5, 3])).toBe("Anna came first: the versatile are kept for what only they can do.");
    expect(why("automatic", [0, 0, 5, 3], [0, 0, 5, 9], "ru")).toBe("Дольше всего без дела: Anna.");
    expect(why("automatic", [0, 60, 5, 3], [1, 20, 5, 9])).toBe("Anna came first: who takes no calls before who does.");
    expect(why("automatic", [1, 20, 5, 9], [1, 40, 5, 3])).toBe("Anna came first: chats are put together, so that others stay free for calls.");
    for (const strategy of ["least_loaded", "narrowest_first", "best_level", "pack", "round_robin"]) expect(why(strategy, [4, 3], [4, 9])).toBe("Anna came first: free the longest.");
    expect(why("least_loaded", [0, 9], [20, 3], "ru")).toBe("Меньше всего в работе: Anna.");
    for (const locale of ["ru", "en"] as const) expect(why("round_robin", [1, 1], [1, 1], locale)).toMatch(/Anna/);
  });
  it("compose the place in the table", () => {
    expect(words().facts(reason).slice(0, 3)).toEqual([["Wait", "41 s"], ["Priority", "+2 min"], ["Counted as", "2 min"]]);
  });
  it("say why something waits and what comes next", () => {
    expect(words().waiting(waiting, now)).toEqual([
      "None of the 4 operators who are ready has room; on their hands: call (4).",
      "It has waited for 1 min. 2 contacts are before it.",
      "In 12 s, at 10:02, less is asked for: chat, Taxes from level 1.",
    ]);
  });
  it("say who has laid it aside until when, and how it came back", () => {
    const values = { by: "a", until_ms: Date.parse("2026-03-05T06:00:00Z") };
    expect(words().waiting({ ...waiting, reason: "parked", values }, now)).toEqual([
      "Anna has parked it until 5 Mar 2026, 06:00.",
      "As soon as the client writes or the time comes, it waits in line again: it is offered to Anna first, and to others where Anna is not ready or does not take it.",
    ]);
    expect(words("ru").gate({ code: "parked", values })).toMatch(/^Anna: обращение отложено до 5 мар. 2026 г., 06:00.$/);
    const step = { at: AT, code: "returned" as const, queue_id: "q", operator_id: null, offer_id: null, rung: null, detail: "client_wrote" };
    expect(words("ru").step(step)).toBe("Клиент написал: снова в очереди (Orders)");
  });
  it("say who would not take it and for what reason, and how long it will take", () => {
    const kept_from = [{ operator_id: "a", until: AT, cause: "declined" as const, reason: "unavailable" }, { operator_id: "b", until: AT, cause: "missed" as const, reason: null }];
    expect(words().waiting({ ...waiting, kept_from, estimate: { position: 3, low: 2, high: 5 } }, now).slice(2, 4)).toEqual([
      "Number 3 in line; by the estimate it waits 2–5 min more.",
      "Not offered to: Anna declined: stepping away; Boris did not answer.",
    ]);
    expect(words("ru").waiting({ ...waiting, estimate: { position: 1, low: 1, high: 1 } }, now)[2]).toBe("Место в очереди — 1; по оценке ещё ждать до 1 мин.");
    expect(words().waiting({ ...waiting, estimate: { position: 9, low: 90, high: 200 } }, now)[2]).toMatch(/waits 1–4 h more/);
    const declined = { ...decision, at: "2026-03-02T10:00:00Z", state: "declined" as const, ended_reason: "on lunch" };
    expect(words().here({ ...decision, operator_id: "b", reason: { ...reason, excluded: ["a"] } }, [declined]).at(-1)).toBe("Not offered to: Anna declined: on lunch.");
    expect(words("ru").gate({ code: "excluded", values: { until_ms: now, cause: "declined", reason: "busy" } })).toBe("Был отказ: занимаюсь другим обращением; снова предложат после 10:02.");
  });
  it("use the plural forms of Russian", () => {
    const one = (n: number) => words("ru").here({ ...decision, reason: { ...reason, eligible: n } }).find((said) => said.startsWith("Взять"));
    expect([1, 2, 5, 21].map(one)).toEqual([
      "Взять его может 1 оператор; готовы: 3, со свободным местом: 2.",
      "Взять его могут 2 оператора; готовы: 3, со свободным местом: 2.",
      "Взять его могут 5 операторов; готовы: 3, со свободным местом: 2.",
      "Взять его может 21 оператор; готовы: 3, со свободным местом: 2.",
    ]);
    const none = (n: number) => words("ru").waiting({ ...waiting, reason: "none_ready", counts: { ...waiting.counts, able: n } }, now)[0];
    expect([1, 21].map(none)).toEqual([
      "Единственный оператор, кто может его взять, не готов: перерыв (3).",
      "Ни один из 21 оператора, кто может его взять, не готов: перерыв (3).",
    ]);
  });
  it("have words for every reason to wait and every way out", () => {
    for (const locale of ["ru", "en"] as const) {
      for (const code of ["archived", "closed", "callback", "held", "nobody", "none_ready", "busy", "excluded", "soon"] as const) {
        expect(words(locale).waiting({ ...waiting, reason: code }, now)[0]).not.toBe(code);
      }
      for (const overflow of ["queue:v", "voicemail", "mail_form", "bot"]) {
        expect(words(locale).waiting({ ...waiting, step: { ...waiting.step!, overflow } }, now)[2]).toMatch(/10:02/);
      }
    }
  });
  it("have words for every gate", () => {
    const codes = "presence medium member skill exclusive capacity ceiling excluded archived closed callback held outranked preferred chosen meanwhile next".split(" ");
    for (const locale of ["ru", "en"] as const) for (const code of codes) expect(words(locale).gate({ code, values: {} })).not.toBe(code);
    expect(words().gate({ code: "skill", values: { skill: "tax", asked: 3, has: 0 } })).toBe("Lacks the skill Taxes: level 3 is asked for.");
    expect(words("ru").gate({ code: "skill", values: { skill: "tax", asked: 3, has: 2 } })).toBe("Навык «Налоги» на уровне 2, нужен 3.");
    expect(words().gate({ code: "presence", values: { presence: "ready", lost: true } })).toBe("The connection is lost.");
  });
  it("have words for every step", () => {
    const step = { at: AT, queue_id: "q", operator_id: "a", offer_id: null, rung: 2, detail: null };
    expect(words().step({ ...step, code: "arrived", detail: "arrival" })).toBe("Came in: Orders");
    expect(words("ru").step({ ...step, code: "missed" })).toBe("Нет ответа: Anna");
    expect(words().step({ ...step, code: "declined", detail: "on lunch" })).toBe("Anna declined: on lunch");
    for (const code of ["relaxed", "offered", "accepted", "declined", "rescinded", "taken", "ended"] as const) expect(words().step({ ...step, code })).not.toBe(code);
  });
});
