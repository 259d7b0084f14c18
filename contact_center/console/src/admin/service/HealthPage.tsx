import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { DeadJob, HealthReport } from "../../api/types";
import { useMay } from "../../api/hooks";
import { get } from "../../api/http";
import { lasting, stamp } from "../../i18n/time";
import { linkTo, navigate } from "../../router";
import { Icon } from "../../ui/Icon";
import type { IconName } from "../../ui/icons";
import { useNow } from "../../ui/now";
import { Bones, Failed } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { HealthTag } from "../accounts/HealthTag";
import { AdminPage } from "../kit/AdminPage";
import { Lines, Tag } from "../kit/parts";
import { RecordTable } from "../kit/RecordTable";
import { actOnRecord, useRecords } from "../kit/useRecords";
import { useProblemWords } from "../kit/useProblemWords";
import { useWords } from "../texts";
import { type Level, levelsOf, worst } from "./levels";
import css from "./service.module.css";

const EVERY = 10_000;
const LOOKS = { green: ["good", "check"], yellow: ["warn", "warning"], red: ["bad", "close"] } as const;

function LevelTag({ level }: { level: Level }) {
  const { w } = useWords();
  const [tone, icon] = LOOKS[level];
  return (
    <Tag tone={tone} icon={icon}>
      {w(`level.${level}`)}
    </Tag>
  );
}

function Tile({ title, level, children, to, link }: { title: string; level?: Level; children: ReactNode; to?: string; link?: string }) {
  return (
    <li className={css.tile}>
      <header>
        <h2>{title}</h2>
        {level && <LevelTag level={level} />}
      </header>
      {children}
      {to && <a {...linkTo(to)}>{link}</a>}
    </li>
  );
}

function Big({ n, children }: { n: number | string; children: ReactNode }) {
  return (
    <p>
      <b>{n}</b> {children}
    </p>
  );
}

export default function HealthPage() {
  const { w } = useWords();
  const report = useQuery({ queryKey: ["admin", "/health-report"], queryFn: () => get("/health-report"), refetchInterval: EVERY, staleTime: 0 });
  const refresh = (
    <Button variant="default" onClick={() => void report.refetch()} loading={report.isFetching && !report.isPending} leftSection={<Icon name="refresh" size={16} />}>
      {w("health.refresh")}
    </Button>
  );
  return (
    <AdminPage title={w("page.health")} text={w("health.text")} action={refresh}>
      {report.isPending ? <Bones rows={6} /> : report.data ? <Report report={report.data} stale={report.isError} /> : <Failed error={report.error} retry={() => void report.refetch()} />}
      <DeadJobs />
    </AdminPage>
  );
}

function Report({ report, stale }: { report: HealthReport; stale: boolean }) {
  const i18n = useWords();
  const { w } = i18n;
  const now = useNow(1000);
  const levels = levelsOf(report);
  const all = stale ? "red" : worst(Object.values(levels));
  const [, icon] = LOOKS[all];
  const age = lasting(i18n, now - Date.parse(report.at));
  const behind = Math.max(0, ...Object.values(report.log.readers));
  const dead = report.jobs.dead ?? 0;
  return (
    <>
      <div className={css.banner}>
        <span className={css.disc} data-level={all}>
          <Icon name={icon satisfies IconName} size={24} />
        </span>
        <div>
          <b role="status">{w(stale ? "health.lost" : `health.all_${all}`)}</b>
          <small>{w("health.age", { age })}</small>
        </div>
      </div>
      <ul className={css.tiles}>
        <Tile title={w("health.router")} level={levels.router}>
          <p>{report.router.alive ? w("health.router_on", { name: (report.router.holder ?? "").split("/")[0] ?? "" }) : w("health.router_off")}</p>
        </Tile>
        <Tile title={w("health.line")}>
          <Big n={report.waiting}>{w("health.in_line", { n: report.waiting })}</Big>
          <p>{report.oldest_waiting_at ? w("health.oldest", { time: lasting(i18n, now - Date.parse(report.oldest_waiting_at)) }) : w("health.nobody_waits")}</p>
        </Tile>
        <Tile title={w("health.outbox")} level={levels.outbox}>
          <Big n={(report.outbox.pending ?? 0) + (report.outbox.sending ?? 0) + (report.outbox.held ?? 0)}>{w("health.outbox_waiting")}</Big>
          <p>{w("health.outbox_bad", { failed: report.outbox.failed ?? 0, uncertain: report.outbox.uncertain ?? 0 })}</p>
        </Tile>
        <Tile title={w("health.log")} level={levels.log}>
          <Big n={behind}>{w("health.behind", { n: behind })}</Big>
          <p>{w("health.horizon", { n: report.log.horizon_lag_seconds.toLocaleString(i18n.locale, { maximumFractionDigits: 1 }) })}</p>
        </Tile>
        <Tile title={w("health.jobs")} level={levels.jobs}>
          <Big n={dead}>{w("health.dead", { n: dead })}</Big>
          <p>{w("health.jobs_waiting", { n: (report.jobs.waiting ?? 0) + (report.jobs.running ?? 0) })}</p>
        </Tile>
        <Tile title={w("page.quarantine")} level={levels.quarantine} to="/admin/quarantine" link={w("health.open_quarantine")}>
          <Big n={report.quarantine.waiting ?? 0}>{w("health.quarantined", { n: report.quarantine.waiting ?? 0 })}</Big>
        </Tile>
      </ul>
      <section className={css.section} aria-labelledby="health-accounts">
        <h2 id="health-accounts">{w("page.accounts")}</h2>
        <RecordTable
          label={w("page.accounts")}
          records={{ data: report.accounts, isPending: false, isError: false, error: null, refetch: async () => undefined as never }}
          onOpen={(one) => navigate(`/admin/accounts/${one.id}/health`)}
          columns={[
            { title: w("field.title"), cell: (one) => <Lines title={one.title} text={one.state !== "off" ? one.health_text : undefined} /> },
            { title: w("accounts.last_in"), wide: true, cell: (one) => (one.last_in_at ? stamp(i18n, one.last_in_at, now) : <span className={css.muted}>{w("accounts.never")}</span>) },
            { title: w("accounts.last_out"), wide: true, cell: (one) => (one.last_out_at ? stamp(i18n, one.last_out_at, now) : <span className={css.muted}>{w("accounts.never")}</span>) },
            { title: w("field.state"), cell: (one) => <HealthTag state={one.state} health={one.health} /> },
          ]}
          empty={{ icon: "plug", title: w("accounts.none"), text: w("accounts.none_text") }}
        />
      </section>
    </>
  );
}

function DeadJobs() {
  const i18n = useWords();
  const { w } = i18n;
  const may = useMay("administer");
  const text = useProblemWords();
  const now = useNow(15_000);
  const jobs = useRecords("/jobs/dead");
  const [busy, setBusy] = useState<string | null>(null);
  const replay = async (job: DeadJob) => {
    setBusy(job.id);
    try {
      await actOnRecord("/jobs/{id}/replay", job.id);
      toast("good", w("jobs.replayed"));
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <section className={css.section} aria-labelledby="dead-jobs">
      <h2 id="dead-jobs">{w("jobs.title")}</h2>
      <RecordTable
        label={w("jobs.title")}
        records={jobs}
        columns={[
          { title: w("jobs.kind"), cell: (job) => <Lines title={job.kind} text={job.error} /> },
          { title: w("jobs.attempts"), wide: true, end: true, cell: (job) => <span className="tabular">{job.attempts}</span> },
          { title: w("jobs.ended"), wide: true, cell: (job) => stamp(i18n, job.ended_at ?? job.due_at, now) },
          {
            title: w("quarantine.replay"),
            acts: true,
            cell: (job) =>
              may && (
                <Button size="compact-sm" variant="default" loading={busy === job.id} onClick={() => void replay(job)} leftSection={<Icon name="refresh" size={14} />} aria-label={w("jobs.replay_of", { name: job.kind })}>
                  {w("jobs.replay")}
                </Button>
              ),
          },
        ]}
        empty={{ icon: "check", title: w("jobs.none"), text: w("jobs.none_text"), small: true }}
      />
    </section>
  );
}
