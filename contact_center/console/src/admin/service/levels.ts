/** What the numbers of the health report mean: pure. Green works, yellow wants a look, red stops work. */
import type { HealthReport } from "../../api/types";

export type Level = "green" | "yellow" | "red";
const RANK: Record<Level, number> = { green: 0, yellow: 1, red: 2 };

/** A transaction that writes longer than this holds back what everybody sees. */
const SLOW_SECONDS = 3;
const STUCK_SECONDS = 30;
const FAR_BEHIND = 2000;

export const worst = (levels: readonly Level[]): Level => levels.reduce((held, level) => (RANK[level] > RANK[held] ? level : held), "green" as Level);

export function routerLevel({ router }: HealthReport): Level {
  return router.alive ? "green" : "red";
}

export function logLevel({ log }: HealthReport): Level {
  if (log.horizon_lag_seconds > STUCK_SECONDS) return "red";
  const behind = Math.max(0, ...Object.values(log.readers));
  return log.horizon_lag_seconds > SLOW_SECONDS || behind > FAR_BEHIND ? "yellow" : "green";
}

export function jobsLevel({ jobs }: HealthReport): Level {
  return jobs.dead ? "yellow" : "green";
}

export function outboxLevel({ outbox }: HealthReport): Level {
  return outbox.failed || outbox.uncertain ? "yellow" : "green";
}

export function quarantineLevel({ quarantine }: HealthReport): Level {
  return quarantine.waiting ? "yellow" : "green";
}

/** Switched-off connections are nobody's trouble; unknown health is no trouble yet. */
export function accountsLevel({ accounts }: HealthReport): Level {
  const on = accounts.filter((one) => one.state === "on");
  return worst(on.map((one) => (one.health === "red" ? "red" : one.health === "yellow" ? "yellow" : "green")));
}

export function levelsOf(report: HealthReport) {
  return {
    router: routerLevel(report),
    log: logLevel(report),
    jobs: jobsLevel(report),
    outbox: outboxLevel(report),
    quarantine: quarantineLevel(report),
    accounts: accountsLevel(report),
  };
}
