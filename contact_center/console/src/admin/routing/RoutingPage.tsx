/** The routing policy: what runs, drafts of it, and what would change. */
import { Button, Modal, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Policy, PolicyHead, PolicyVerdict } from "../../api/generated";
import { queries } from "../../api/client";
import { useMay, useNames } from "../../api/hooks";
import { del, get, Problem, post, put } from "../../api/http";
import { full } from "../../i18n/time";
import { guardNavigation } from "../../router";
import { Icon } from "../../ui/Icon";
import { Bones, Empty, Failed } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { AdminPage } from "../kit/AdminPage";
import { Tag, useConfirm } from "../kit/parts";
import { useProblemWords } from "../kit/useProblemWords";
import { useRecords } from "../kit/useRecords";
import { useWords } from "../texts";
import { HouseForm } from "./HouseForm";
import { begunWith, changed, elsewhere, faultsAt, grouped, isOld, isOvertaken, type PolicyBody } from "./policy";
import { QueueRulesForm } from "./QueueRulesForm";
import { DryRuns } from "./trial/DryRuns";
import { useWordsOfPolicy } from "./useWordsOfPolicy";
import css from "./routing.module.css";

const RUNNING = "running";
const HOUSE = "house";
/** No code of a queue has a colon. */
const TRIAL = ":trial";

export default function RoutingPage() {
  const { w } = useWords();
  const heads = useRecords("/policies");
  const running = useQuery({ queryKey: ["admin", "/policies/current"], queryFn: () => get("/policies/current") });
  const [shown, setShown] = useState(RUNNING);
  const [part, setPart] = useState<string | null>(null);
  const chosen = useQuery({ queryKey: ["admin", "/policies", shown], queryFn: () => get("/policies/{id}", { path: { id: shown } }), enabled: shown !== RUNNING });
  const policy = shown === RUNNING ? running.data : chosen.data;
  const failed = heads.error ?? running.error ?? chosen.error;
  return (
    <AdminPage title={w("page.routing")} text={w("routing.text")}>
      {running.data && policy && heads.data ? (
        <Editor key={shown} policy={policy} running={running.data} heads={heads.data} onShow={setShown} part={part} onPart={setPart} />
      ) : failed ? (
        <Failed error={failed} retry={() => void queries.invalidateQueries({ queryKey: ["admin"] })} />
      ) : (
        <Bones rows={8} />
      )}
    </AdminPage>
  );
}

interface EditorProps {
  policy: Policy;
  running: Policy;
  heads: readonly PolicyHead[];
  onShow: (id: string) => void;
  /** What of the policy is looked at; null: what comes first. */
  part: string | null;
  onPart: (part: string) => void;
}

function Editor({ policy, running, heads, onShow, part: chosenPart, onPart: setPart }: EditorProps) {
  const i18n = useWords();
  const { w, t } = i18n;
  const may = useMay("administer");
  const text = useProblemWords();
  const { employees } = useNames();
  const [dialog, ask] = useConfirm();
  const [begun, setBegun] = useState(() => begunWith(policy, running));
  const { body: start } = begun;
  const [body, setBody] = useState<PolicyBody>(start);
  const words = useWordsOfPolicy(useMemo(() => new Map([...Object.entries(policy.names), ...body.queues.flatMap((one) => (one.title ? [[one.code, one.title] as const] : []))]), [policy.names, body.queues]));
  const [verdict, setVerdict] = useState<PolicyVerdict>(policy);
  const [busy, setBusy] = useState(false);
  const [summary, setSummary] = useState<{ policy: Policy; edition: number } | null>(null);
  const dirty = body !== start;
  // What others save is shown at once, but never over what is being edited.
  const overtaken = dirty && isOvertaken(begun, policy, running);
  if (!dirty && !busy && isOld(begun, policy, running)) {
    const now = begunWith(policy, running);
    setBegun(now);
    setBody(now.body);
    setVerdict(policy);
    setSummary(null);
  }
  const document = body as unknown as Record<string, unknown>;

  useEffect(() => {
    if (!dirty) return undefined;
    let gone = false;
    const timer = setTimeout(() => {
      post("/policies/check", { body: { body: document } }).then((told) => gone || setVerdict(told), () => {});
    }, 300);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [dirty, document]);
  useEffect(() => {
    if (!dirty) return undefined;
    const lift = guardNavigation(() => confirm(t("form.unsaved")));
    return lift;
  }, [dirty, t]);

  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    try {
      await act();
    } catch (error) {
      if (error instanceof Problem && error.status === 409) toast("bad", w("routing.overtaken"));
      else toast("bad", text(error));
      if (error instanceof Problem && error.status === 409) await queries.invalidateQueries({ queryKey: ["admin"] });
    } finally {
      setBusy(false);
    }
  };
  const renew = () => queries.invalidateQueries({ queryKey: ["admin"] });
  const keep = () => (begun.policy.state === "draft" && !overtaken ? put("/policies/{id}", { path: { id: policy.id }, version: begun.policy.version, body: { body: document, note: policy.note } }) : post("/policies", { body: { body: document } }));
  const save = () =>
    attempt(async () => {
      const kept = await keep();
      toast("good", w("routing.saved"));
      setBody(start);
      onShow(kept.id);
      await renew();
    });
  const look = () =>
    attempt(async () => {
      const kept = dirty ? await keep() : policy;
      // What one has saved oneself overtakes nobody.
      if (kept.id === begun.policy.id) setBegun({ ...begun, policy: kept });
      setSummary({ edition: running.edition ?? 0, policy: kept });
    });
  const activate = ({ policy: chosen, edition }: { policy: Policy; edition: number }) =>
    attempt(async () => {
      const now = await post("/policies/{id}/activate", { path: { id: chosen.id }, version: chosen.version, body: { edition } });
      toast("good", w("routing.runs_now", { n: now.edition ?? 0 }));
      setSummary(null);
      setBody(start);
      onShow(RUNNING);
      await renew();
    });
  const leave = async () => {
    const chosen = summary;
    setSummary(null);
    if (chosen && dirty) {
      setBody(start);
      onShow(chosen.policy.id);
      await renew();
    }
  };
  const discard = async () => {
    if (!(await ask({ title: w("routing.discard"), text: w("routing.discard_text"), yes: w("routing.discard"), danger: true }))) return;
    await attempt(async () => {
      await del("/policies/{id}", { path: { id: policy.id }, version: policy.version });
      onShow(RUNNING);
      await renew();
    });
  };
  const nameOf = (head: PolicyHead) => {
    const who = head.author.startsWith("employee:") ? employees.get(head.author.slice(9))?.name : undefined;
    const by = who ?? (head.author === "file" ? w("routing.by_file") : head.author === "system" ? w("routing.by_system") : w("routing.by_command"));
    const when = head.at ? full(i18n, head.at) : "";
    const name = head.state === "draft" ? w("routing.draft") : head.state === "current" ? w("routing.edition_runs", { n: head.edition ?? 0 }) : w("routing.edition", { n: head.edition ?? 0 });
    return [name, when, by, head.note].filter(Boolean).join(" · ");
  };
  const versions = heads.map((head) => ({ value: head.state === "current" ? RUNNING : head.id, label: nameOf(head) }));
  const known = useMemo(() => new Set((running.body as unknown as PolicyBody).queues.map((one) => one.code)), [running]);
  const isNew = (code: string) => policy.state === "draft" && !known.has(code) && !(code in verdict.adopted);
  const readOnly = !may || policy.state === "past";
  const skills = words.skills.map((one) => ({ code: one.code, label: words.skillName(one.code) }));
  const bad = verdict.problems.length > 0;
  const named = body.queues.map((one) => ({ code: one.code, label: words.queueName(one.code), place: `queues.${one.code}` })).sort((a, b) => a.label.localeCompare(b.label));
  const items = [...named, { code: HOUSE, label: w("routing.house"), place: HOUSE }];
  const part = items.some((one) => one.code === chosenPart) || chosenPart === TRIAL ? chosenPart : (named[0]?.code ?? HOUSE);
  const queue = body.queues.find((one) => one.code === part);
  return (
    <>
      <div className={css.top}>
        <Select aria-label={w("routing.versions")} className={css.versions} allowDeselect={false} disabled={dirty} data={versions} value={policy.state === "current" ? RUNNING : policy.id} onChange={(id) => id && onShow(id)} />
        {policy.state === "current" && !dirty && <Tag tone="good" icon="check">{w("routing.runs")}</Tag>}
        {bad && <Tag tone="bad" icon="warning">{w("routing.faults", { n: verdict.problems.length })}</Tag>}
        {may && (
          <span className={css.acts}>
            {dirty && <Button variant="subtle" color="gray" size="xs" onClick={() => { setBody(start); setVerdict(policy); }}>{w("routing.revert")}</Button>}
            {policy.state === "draft" && !dirty && <Button variant="subtle" color="gray" size="xs" onClick={() => void discard()}>{w("routing.discard")}</Button>}
            {dirty && policy.state !== "past" && <Button variant="default" size="xs" loading={busy} onClick={() => void save()}>{w("routing.save")}</Button>}
            {part !== TRIAL && <Button variant="default" size="xs" onClick={() => setPart(TRIAL)} leftSection={<Icon name="play" size={14} />}>{w("routing.try")}</Button>}
            {(dirty || policy.state !== "current") && <Button size="xs" disabled={bad} loading={busy} onClick={() => void look()}>{w(policy.state === "past" ? "routing.again" : "routing.activate")}</Button>}
          </span>
        )}
      </div>
      {overtaken && <p className={css.fault} role="status">{w("routing.overtaken_editing")}</p>}
      {elsewhere(verdict.problems, body).map((one) => (
        <p key={`${one.place} ${one.reason}`} className={css.fault} role="alert">{words.placed(one)}</p>
      ))}
      {!body.queues.length && <Empty icon="queue" title={w("queues.none")} text={w("queues.none_text")} small />}
      <div className={css.split}>
        <nav className={css.parts} aria-label={w("page.queues")}>
          {items.map((one) => (
            <button key={one.code} type="button" aria-current={one.code === part ? "page" : undefined} onClick={() => setPart(one.code)}>
              <span>{one.label}</span>
              {isNew(one.code) && one.code !== HOUSE && <small>{w("routing.new")}</small>}
              {(faultsAt(verdict.problems, one.place, true).length > 0 || (one.code === HOUSE && faultsAt(verdict.problems, "media", true).length > 0)) && <Icon name="warning" size={15} label={w("routing.has_faults")} />}
            </button>
          ))}
          <button type="button" className={css.trial} aria-current={part === TRIAL ? "page" : undefined} onClick={() => setPart(TRIAL)}>
            <span>{w("dry.title")}</span>
          </button>
        </nav>
        <div className={css.pane}>
          {part === TRIAL ? (
            <DryRuns policy={policy} keep={keep} dirty={dirty} bad={bad} may={may} queueName={words.queueName} onKept={(kept) => { setBody(start); onShow(kept.id); void renew(); }} />
          ) : queue ? (
            <QueueRulesForm
              key={queue.code}
              queue={queue}
              media={body.media}
              others={items.filter((one) => one.code !== queue.code && one.code !== HOUSE)}
              skills={skills}
              problems={verdict.problems}
              fault={words.fault}
              placed={words.placed}
              onChange={(change) => setBody({ ...body, queues: changed(body.queues, queue.code, change) })}
              onShare={(change) => { setBody({ ...body, queues: body.queues.map((one) => ({ ...one, ...change })) }); toast("good", w("holidays.shared")); }}
              readOnly={readOnly}
              fresh={isNew(queue.code)}
              onDrop={() => setBody({ ...body, queues: body.queues.filter((one) => one.code !== queue.code) })}
            />
          ) : (
            <HouseForm body={body} problems={verdict.problems} fault={words.fault} onChange={(change) => setBody({ ...body, ...change })} readOnly={readOnly} />
          )}
        </div>
      </div>
      {dialog}
      {summary && (
        <Modal opened onClose={() => void leave()} title={w("routing.summary")} size={640} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
          <Changes policy={summary.policy} words={words} />
          <div className={css.row}>
            <Button variant="default" onClick={() => void leave()}>{t("act.cancel")}</Button>
            <Button loading={busy} disabled={!summary.policy.changes.length || summary.policy.problems.length > 0} data-autofocus onClick={() => void activate(summary)}>{w("routing.activate_now")}</Button>
          </div>
        </Modal>
      )}
    </>
  );
}

function Changes({ policy, words }: { policy: Policy; words: ReturnType<typeof useWordsOfPolicy> }) {
  const { w } = useWords();
  if (!policy.changes.length) return <p className={css.muted}>{w("routing.no_changes")}</p>;
  return (
    <div className={css.changes}>
      {grouped(policy.changes).map(([code, changes]) => (
        <section key={code ?? HOUSE}>
          <h3>{code === undefined ? w("routing.house") : words.queueName(code)}</h3>
          <dl>
            {changes.map((one) => (
              <div key={one.place}>
                <dt>{words.field(one)}</dt>
                <dd>
                  <del>{words.value(one.place, one.before, one.after)}</del>
                  <Icon name="forward" size={14} />
                  <ins>{words.value(one.place, one.after, one.before)}</ins>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
