import { describe, expect, test } from "vitest";
import type { Policy } from "../../api/generated";
import { begunWith, faultsAt, grouped, isOld, isOvertaken, leftOver, nextRung, queueOf, reasonOf, whole } from "./policy";

const queue = (code: string, more = {}) => ({ code, needs: {}, members_only: true, strategy: "automatic", priority_seconds: 0, hold_seconds: 60, offer_seconds: 45, offer_seconds_by: {}, ladder: [], closed: "offer", zone: "UTC", hours: {}, holidays: {}, ...more });
const running = { house: {}, media: { chat: { points: 20 } }, queues: [queue("orders"), queue("claims")] };

describe("a policy on the page", () => {
  test("a draft is shown whole: what it leaves unsaid is as it runs", () => {
    const shown = whole({ queues: [{ code: "claims", offer_seconds: 20 }] }, running);
    expect(shown.queues.map((one) => one.offer_seconds)).toEqual([45, 20]);
    expect(shown.media.chat?.points).toBe(20);
    expect(whole({ queues: [{ code: "new" }] }, running).queues).toHaveLength(3);
    expect(whole({ queues: [{ code: "new" }] }, running, { new: "claims" }).queues.map((one) => one.code)).toEqual(["orders", "new"]);
  });
  test("faults stand at their field, and a queue knows of those below it", () => {
    const problems = [{ place: "queues.orders.ladder[2].needs.ru", reason: "there is no skill 'ru'" }];
    expect(faultsAt(problems, "queues.orders.ladder[2].needs.ru")).toHaveLength(1);
    expect(faultsAt(problems, "queues.orders", true)).toHaveLength(1);
    expect(faultsAt(problems, "queues.orders.ladder[1]", true)).toHaveLength(0);
    const dropped = [{ place: "queues.orders.ladder[1].drop.tax", reason: "there is no skill 'tax'" }];
    expect(leftOver(dropped, "queues.orders.ladder[1]", true)).toEqual([]); // it stands beside the skill
    expect([queueOf("queues.orders.ladder[2]"), queueOf("house.misses")]).toEqual(["orders", undefined]);
    expect([queueOf("queues.vip"), queueOf("queues.vip.gold"), queueOf("queues.vip.gold.needs.fr")]).toEqual(["vip", "vip.gold", "vip.gold"]);
  });
  test("the server's sentences are told apart", () => {
    expect(reasonOf("asks for ru 3, the rung before it for 2: a rung may only ask for less")).toEqual({ key: "stricter", params: { name: "ru", other: "", n: "3", m: "2" } });
    expect(reasonOf("contacts go round: a → b → a")?.key).toBe("round");
    expect(reasonOf("something new")).toBeUndefined();
  });
  test("a new step asks for no more than the last", () => {
    expect(nextRung(queue("a", { needs: { ru: 3 } }))).toEqual({ after_seconds: 30, needs: { ru: 3 } });
    expect(nextRung(queue("a", { ladder: [{ after_seconds: 60, needs: { ru: 1 }, everyone: true }] }))).toEqual({ after_seconds: 90, needs: { ru: 1 }, everyone: true });
    expect(nextRung(queue("a", { ladder: [{ after_seconds: 60, needs: {}, drop: ["en"] }] }))).toEqual({ after_seconds: 90, needs: {}, drop: ["en"] });
  });
  test("changes are grouped by queue, the house's first", () => {
    const changes = ["queues.a.needs", "house.x", "queues.a.ladder"].map((place) => ({ place, before: 0, after: 1 }));
    expect(grouped(changes).map(([code, all]) => [code, all.length])).toEqual([[undefined, 1], ["a", 2]]);
  });
});

describe("what others save while a policy is edited", () => {
  const policy = (id: string, state: "draft" | "current", version: number, edition: number | null) => ({ id, state, version, edition, body: running, adopted: {} }) as unknown as Policy;
  const runs = policy("r", "current", 3, 3);
  const draft = policy("d", "draft", 1, null);

  test("overtakes a draft by its own version, and what runs by any edition", () => {
    const next = policy("s", "current", 4, 4);
    expect([isOld(begunWith(runs, runs), next, next), isOvertaken(begunWith(runs, runs), next, next)]).toEqual([true, true]);
    expect([isOld(begunWith(draft, runs), draft, next), isOvertaken(begunWith(draft, runs), draft, next)]).toEqual([true, false]);
    const changed = policy("d", "draft", 2, null);
    expect([isOld(begunWith(draft, runs), changed, runs), isOvertaken(begunWith(draft, runs), changed, runs)]).toEqual([true, true]);
    expect([isOld(begunWith(draft, runs), draft, runs), isOvertaken(begunWith(draft, runs), draft, runs)]).toEqual([false, false]);
  });
});
