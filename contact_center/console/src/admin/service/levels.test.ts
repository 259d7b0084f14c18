import { describe, expect, it } from "vitest";
import type { HealthReport } from "../../api/types";
import { levelsOf, worst } from "./levels";

const well: HealthReport = {
  at: "2026-01-01T00:00:00Z", accounts: [], router: { holder: "a", until: null, alive: true },
  log: { horizon_lag_seconds: 0, readers: { router: 0 } }, jobs: { waiting: 3 }, outbox: { pending: 2 }, quarantine: {}, waiting: 0, oldest_waiting_at: null,
};
const account = (state: string, health: string) => ({ state, health }) as HealthReport["accounts"][number];

describe("health", () => {
  it("is green while all works, whatever waits its turn", () => {
    expect(worst(Object.values(levelsOf(well)))).toBe("green");
  });
  it("is red when nobody gives out work", () => {
    expect(levelsOf({ ...well, router: { holder: null, until: null, alive: false } }).router).toBe("red");
  });
  it("is yellow where a person is wanted", () => {
    expect(levelsOf({ ...well, jobs: { dead: 1 } }).jobs).toBe("yellow");
    expect(levelsOf({ ...well, outbox: { uncertain: 1 } }).outbox).toBe("yellow");
    expect(levelsOf({ ...well, quarantine: { waiting: 1 } }).quarantine).toBe("yellow");
  });
  it("does not ask anything of connections that are off or not checked", () => {
    expect(levelsOf({ ...well, accounts: [account("off", "red"), account("on", "unknown")] }).accounts).toBe("green");
    expect(levelsOf({ ...well, accounts: [account("on", "yellow"), account("on", "red")] }).accounts).toBe("red");
  });
  it("tells a slow log from a stuck one", () => {
    expect(levelsOf({ ...well, log: { horizon_lag_seconds: 5, readers: {} } }).log).toBe("yellow");
    expect(levelsOf({ ...well, log: { horizon_lag_seconds: 50, readers: {} } }).log).toBe("red");
    expect(levelsOf({ ...well, log: { horizon_lag_seconds: 0, readers: { router: 9000 } } }).log).toBe("yellow");
  });
});
