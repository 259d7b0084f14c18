/** A policy tried on recorded traffic: asked for, followed while it runs, read side by side. */
import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { DryRun, Policy } from "../../../api/generated";
import { queries } from "../../../api/client";
import { del, get, post } from "../../../api/http";
import { full } from "../../../i18n/time";
import { Icon } from "../../../ui/Icon";
import { useNow } from "../../../ui/now";
import { Bones, Failed } from "../../../ui/states";
import { toast } from "../../../ui/toasts";
import { tidyTime } from "../../queues/hours";
import { Card } from "../../kit/AdminPage";
import { NumberField } from "../../kit/fields";
import { useProblemWords } from "../../kit/useProblemWords";
import { useWords } from "../../texts";
import { Figures } from "./Figures";
import { HalfHours } from "./HalfHours";
import { type Asked, dateIn, type When, windowOf } from "./windows";
import css from "./trial.module.css";

const EVERY = 1000;
const DAY = 86_400_000;

export interface TrialProps {
  policy: Policy;
  /** Keeps what is not kept yet; gives the policy to try. */
  keep: () => Promise<Policy>;
  dirty: boolean;
  bad: boolean;
  may: boolean;
  queueName: (code: string) => string;
  onKept: (policy: Policy) => void;
}

const isLive = (run: DryRun) => run.state === "waiting" || run.state === "running";

export function DryRuns({ policy, keep, dirty, bad, may, queueName, onKept }: TrialProps) {
  const i18n = useWords();
  const { w } = i18n;
  const text = useProblemWords();
  const now = useNow(15_000);
  const key = ["admin", "/dry-runs", policy.id];
  const runs = useQuery({
    queryKey: key,
    queryFn: () => get("/policies/{id}/dry-runs", { path: { id: policy.id } }),
    enabled: policy.edition !== 0,
    refetchInterval: (query) => (query.state.data?.items.some(isLive) ? EVERY : false),
  });
  const [asked, setAsked] = useState<Asked>(() => ({ when: "last", date: dateIn(i18n.zone, Date.now() - DAY), from: "09:00", to: "18:00" }));
  const [within, setWithin] = useState<number | null>(20);
  const [how, setHow] = useState<"same" | "like">("same");
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const items = runs.data?.items ?? [];
  const shown = items.find((one) => one.id === chosen) ?? items[0];
  const live = items.find(isLive);
  const range = windowOf(asked, i18n.zone, now);
  const set = (change: Partial<Asked>) => setAsked({ ...asked, ...change });
  const start = async () => {
    if (range === null || within === null) return;
    setBusy(true);
    try {
      const kept = dirty ? await keep() : policy;
      await post("/policies/{id}/dry-runs", { path: { id: kept.id }, body: { ...range, how, within } });
      setChosen(null);
      if (kept === policy) await queries.invalidateQueries({ queryKey: key });
      else onKept(kept);
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(false);
    }
  };
  const cancel = async (run: DryRun) => {
    try {
      await del("/dry-runs/{id}", { path: { id: run.id } });
    } catch (error) {
      toast("bad", text(error));
    }
    await queries.invalidateQueries({ queryKey: key });
  };
  const time = (side: "from" | "to") => (
    <TextInput label={w(`dry.${side}`)} w={84} value={asked[side]} maxLength={5} inputMode="numeric" error={range === null} onChange={(event) => set({ [side]: event.currentTarget.value })} onBlur={() => set({ [side]: tidyTime(asked[side]) })} />
  );
  const nameOf = (run: DryRun) => `${full(i18n, run.created_at)} · ${full(i18n, run.asked.since)} – ${full(i18n, run.asked.until)}`;
  return (
    <div className={css.trial}>
      {may && (
        <Card title={w("dry.title")} text={w("dry.text")}>
          <div className={css.ask}>
            <Select label={w("dry.when")} w={210} allowDeselect={false} data={(["last", "yesterday", "day"] as const).map((value) => ({ value, label: w(`dry.${value}`) }))} value={asked.when} onChange={(when) => when && set({ when: when as When })} />
            {asked.when === "day" && (
              <>
                <TextInput type="date" label={w("dry.date")} w={160} value={asked.date} max={dateIn(i18n.zone, now)} error={range === null} onChange={(event) => set({ date: event.currentTarget.value })} />
                {time("from")}
                {time("to")}
              </>
            )}
            <div className={css.within}>
              <NumberField label={w("dry.within")} unit={w("routing.unit")} min={0} max={86_400} value={within} onChange={setWithin} />
            </div>
          </div>
          <SegmentedControl className={css.how} aria-label={w("dry.how")} value={how} onChange={(value) => setHow(value as "same" | "like")} data={[{ value: "same", label: w("dry.same") }, { value: "like", label: w("dry.like") }]} />
          <p className={css.muted}>{w(how === "same" ? "dry.same_text" : "dry.like_text")}</p>
          <div className={css.row}>
            <Button disabled={bad || Boolean(live) || range === null || within === null} loading={busy} onClick={() => void start()} leftSection={<Icon name="play" size={15} />}>
              {w(dirty ? "dry.save_and_start" : "dry.start")}
            </Button>
            {bad && <span className={css.fault}>{w("dry.faults_first")}</span>}
          </div>
        </Card>
      )}
      {runs.isError && !runs.data && <Failed error={runs.error} retry={() => void runs.refetch()} />}
      {runs.isPending && policy.edition !== 0 && <Bones rows={3} />}
      {items.length > 1 && (
        <Select className={css.runs} label={w("dry.runs")} allowDeselect={false} data={items.map((one) => ({ value: one.id, label: nameOf(one) }))} value={shown?.id ?? null} onChange={setChosen} />
      )}
      {shown && <Run key={shown.id} run={shown} policy={policy} queueName={queueName} onCancel={may ? () => void cancel(shown) : undefined} />}
      {!items.length && runs.data && <p className={css.muted}>{w("dry.none")}</p>}
    </div>
  );
}

interface RunProps {
  run: DryRun;
  policy: Policy;
  queueName: (code: string) => string;
  onCancel?: () => void;
}

function Run({ run, policy, queueName, onCancel }: RunProps) {
  const i18n = useWords();
  const { w, maybeWord } = i18n;
  const label = policy.state === "draft" ? w("dry.draft") : policy.edition === run.edition ? null : w("routing.edition", { n: policy.edition ?? 0 });
  const left = Object.entries(run.result?.left_out ?? {});
  return (
    <section className={css.run} aria-label={w("dry.result")}>
      <header>
        <h2>{w("dry.result")}</h2>
        <p className={css.muted}>
          {full(i18n, run.asked.since)} – {full(i18n, run.asked.until)} · {w(run.asked.how === "same" ? "dry.same" : "dry.like")}
          {run.result ? ` · ${w("dry.seen", { n: run.result.seen })} · ${w("dry.days", { n: run.result.replications })}` : ""}
        </p>
      </header>
      {policy.state === "draft" && run.policy_version !== policy.version && <p className={css.warning}><Icon name="warning" size={15} /> {w("dry.older")}</p>}
      {isLive(run) && (
        <div className={css.live} role="status">
          <progress value={run.total ? run.done : undefined} max={run.total || 1} aria-label={w("dry.progress")} />
          <span>{run.state === "waiting" ? w("dry.waiting") : run.done ? w("dry.played", { n: run.done, all: run.total }) : w("dry.reading")}</span>
          {onCancel && <Button variant="default" size="xs" onClick={onCancel}>{w("dry.cancel")}</Button>}
        </div>
      )}
      {run.state === "cancelled" && <p className={css.muted}>{w("dry.cancelled")}</p>}
      {run.state === "failed" && <p className={css.fault} role="alert">{maybeWord(`dry_failure.${run.failure}`) ?? w("dry_failure.unknown")}</p>}
      {left.map(([medium, n]) => (
        <p key={medium} className={css.warning}><Icon name="warning" size={15} /> {w("dry.left_out", { n, medium: maybeWord(`medium.${medium}`) ?? medium })}</p>
      ))}
      {run.result && <Figures result={run.result} within={run.asked.within} queueName={queueName} label={label} />}
      {run.result && <HalfHours result={run.result} within={run.asked.within} queueName={queueName} />}
    </section>
  );
}
