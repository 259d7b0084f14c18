/** How one connection does: its state and what to do, what it moved, what waits, what could not be read. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AccountReport, Connection, ProviderInfo } from "../../../api/types";
import { useMay } from "../../../api/hooks";
import { get } from "../../../api/http";
import { titled } from "../../../i18n";
import { lasting, stamp } from "../../../i18n/time";
import { linkTo, navigate } from "../../../router";
import { reasonIn } from "../../../talk/reasons";
import { Icon, mediumIcon } from "../../../ui/Icon";
import { useNow } from "../../../ui/now";
import { Bones, Failed } from "../../../ui/states";
import { toast } from "../../../ui/toasts";
import { AdminPage } from "../../kit/AdminPage";
import { Lines, Tag } from "../../kit/parts";
import { RecordTable } from "../../kit/RecordTable";
import { actOnRecord } from "../../kit/useRecords";
import { useProblemWords } from "../../kit/useProblemWords";
import { useWords } from "../../texts";
import { HealthTag } from "../HealthTag";
import { linked } from "../wizard/steps";
import { useProviders } from "../useProviders";
import { Day } from "./Day";
import { ProviderSide } from "./ProviderSide";
import css from "./health.module.css";

export default function AccountHealth({ account }: { account: Connection }) {
  const { w } = useWords();
  const { id } = account;
  const report = useQuery({ queryKey: ["admin", "account-health", id], queryFn: () => get("/accounts/{id}/health", { path: { id } }), refetchInterval: 10_000, staleTime: 0 });
  const back = (
    <Button variant="default" onClick={() => navigate(`/admin/accounts/${id}`)} leftSection={<Icon name="sliders" size={16} />}>
      {w("account_health.settings")}
    </Button>
  );
  return (
    <AdminPage title={account.title} text={w("account_health.text")} action={back}>
      <State account={account} />
      {report.isPending && <Bones rows={5} />}
      {report.isError && !report.data && <Failed error={report.error} retry={() => void report.refetch()} />}
      {report.data && <Numbers account={account} report={report.data} />}
      <Kept account={account} report={report.data} />
    </AdminPage>
  );
}

/** The state, why, and what helps: for wrong settings where the right ones are found. */
function State({ account }: { account: Connection }) {
  const { w, locale } = useWords();
  const may = useMay("administer");
  const text = useProblemWords();
  const providers = useProviders();
  const [busy, setBusy] = useState(false);
  const { id, health, state } = account;
  const provider: ProviderInfo | undefined = providers.data?.items.find((one) => one.name === account.provider);
  const off = state === "off";
  const level = off ? "off" : health;
  const check = async () => {
    setBusy(true);
    try {
      const told = await actOnRecord("/accounts/{id}/check", id);
      toast(told.health === "green" ? "good" : "bad", told.health === "green" ? w("accounts.works") : told.health_text ? reasonIn(locale, told.health_text) : w(`health.${told.health}`));
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(false);
    }
  };
  const secrets = level === "red" ? (provider?.fields ?? []).filter((field) => field.secret && !field.generated && titled(field.where, locale)) : [];
  return (
    <section className={css.state} data-level={level} aria-labelledby="account-state">
      <span className={css.disc}>
        <Icon name={mediumIcon(account.medium)} size={22} />
      </span>
      <div className={css.said}>
        <h2 id="account-state">
          {titled(provider?.title, locale)} <HealthTag state={state} health={health} />
        </h2>
        {!off && account.health_text && <q>{reasonIn(locale, account.health_text)}</q>}
        <p>{w(`account_state.${level}`)}</p>
        {secrets.map((field) => (
          <p key={field.name}>
            <b>{titled(field.label, locale)}.</b>{" "}
            {linked(titled(field.where, locale)).map(({ text: piece, href }) => (href ? <a key={piece} href={href} target="_blank" rel="noreferrer">{piece}</a> : piece))}
          </p>
        ))}
      </div>
      {may && (
        <div className={css.acts}>
          {state === "test" && (
            <Button size="sm" onClick={() => navigate(`/admin/accounts/${id}/connect`)}>
              {w("wizard.go_on")}
            </Button>
          )}
          {level === "red" && (
            <Button size="sm" onClick={() => navigate(`/admin/accounts/${id}`)}>
              {w("account_health.mend")}
            </Button>
          )}
          <Button size="sm" variant="default" loading={busy} onClick={() => void check()} leftSection={<Icon name="pulse" size={15} />}>
            {w("accounts.check")}
          </Button>
        </div>
      )}
    </section>
  );
}

function Numbers({ account, report }: { account: Connection; report: AccountReport }) {
  const i18n = useWords();
  const { w, locale } = i18n;
  const now = useNow(1000);
  const { hour, day, outbox, rest } = report;
  const share = (value: number | null) => (value === null ? "—" : value.toLocaleString(locale, { style: "percent", maximumFractionDigits: 1 }));
  const at = (instant: string | null) => (instant ? stamp(i18n, instant, now) : w("accounts.never"));
  const waiting = outbox.held + outbox.pending + outbox.sending;
  const left = rest ? Math.max(0, rest.seconds * 1000 - (now - Date.parse(report.at))) : 0;
  return (
    <>
      <ul className={css.tiles}>
        <Tile title={w("account_health.in")} big={hour.received} text={w("account_health.per_hour")}>
          <p>{w("account_health.per_day", { n: day.received })}</p>
          <p>{w("account_health.last", { at: at(account.last_in_at) })}</p>
        </Tile>
        <Tile title={w("account_health.out")} big={hour.sent} text={w("account_health.per_hour")}>
          <p>{w("account_health.per_day", { n: day.sent })}</p>
          <p>{w("account_health.last", { at: at(account.last_out_at) })}</p>
        </Tile>
        <Tile title={w("account_health.failures")} big={share(hour.failures)} text={w("account_health.in_hour")} bad={(hour.failures ?? 0) > 0.05}>
          <p>{w("account_health.in_day", { share: share(day.failures) })}</p>
          <p>{w("account_health.bad_ends", { failed: day.failed, uncertain: day.uncertain, postponed: day.postponed })}</p>
        </Tile>
        <Tile title={w("account_health.time")} big={hour.half_within === null ? "—" : w("account_health.seconds", { n: hour.half_within.toLocaleString(locale, { maximumFractionDigits: 2 }) })} text={hour.half_within === null ? "" : w("account_health.half")}>
          <p>{day.half_within === null ? w("account_health.no_sends") : w("account_health.half_day", { n: day.half_within.toLocaleString(locale, { maximumFractionDigits: 2 }) })}</p>
        </Tile>
        <Tile title={w("account_health.line")} big={waiting} text={w("health.outbox_waiting")}>
          <p data-bad={outbox.uncertain > 0 || undefined}>{w("account_health.uncertain", { n: outbox.uncertain })}</p>
          {waiting > 0 && outbox.oldest_at && <p>{w("account_health.oldest", { age: lasting(i18n, now - Date.parse(outbox.oldest_at)) })}</p>}
        </Tile>
        <Tile title={w("account_health.circuit")} big={w(left > 0 ? "account_health.rests" : rest ? "account_health.tries" : "account_health.flows")} bad={Boolean(rest)}>
          {rest && <p>{w("account_health.in_a_row", { n: rest.failures })}</p>}
          {left > 0 && <p>{w("account_health.again_in", { time: lasting(i18n, left) })}</p>}
          {!rest && <p>{w("account_health.flows_text")}</p>}
        </Tile>
        <ProviderSide account={account} />
      </ul>
      <Day hours={report.hours} />
    </>
  );
}

interface TileProps {
  title: string;
  big: string | number;
  text?: string;
  bad?: boolean;
  children?: React.ReactNode;
}

function Tile({ title, big, text, bad, children }: TileProps) {
  return (
    <li className={css.tile} data-bad={bad || undefined}>
      <h3>{title}</h3>
      <p className={css.big}>
        <b>{big}</b> {text}
      </p>
      {children}
    </li>
  );
}

/** What could not be read: by kind, and the newest entries with the way to look at each. */
function Kept({ account, report }: { account: Connection; report: AccountReport | undefined }) {
  const i18n = useWords();
  const { w } = i18n;
  const now = useNow(15_000);
  const may = useMay("administer");
  const list = useQuery({
    queryKey: ["admin", "/quarantine", "of", account.id],
    queryFn: () => get("/quarantine", { query: { account_id: account.id, state: "waiting", limit: 10 } }),
    refetchInterval: 30_000,
  });
  const kinds = report?.quarantine ?? [];
  return (
    <section className={css.kept} aria-labelledby="account-kept">
      <h2 id="account-kept">{w("page.quarantine")}</h2>
      {kinds.length > 0 && (
        <p className={css.kinds}>
          {kinds.map((one) => (
            <Tag key={`${one.kind} ${one.what}`} tone={one.kind === "unsupported" ? "none" : "warn"}>
              {w(`quarantine_kind.${one.kind as "poison"}`)}
              {one.what && ` «${one.what}»`}: {one.n}
            </Tag>
          ))}
        </p>
      )}
      <RecordTable
        label={w("page.quarantine")}
        records={{ data: list.data?.items, isPending: list.isPending, isError: list.isError, error: list.error, refetch: list.refetch as never }}
        onOpen={may ? (one) => navigate(`/admin/quarantine/${one.id}`) : undefined}
        columns={[
          { title: w("quarantine.what"), cell: (one) => <Lines title={w(`quarantine_kind.${one.kind}`)} text={reasonIn(i18n.locale, one.error)} /> },
          { title: w("quarantine.received"), cell: (one) => stamp(i18n, one.received_at, now) },
        ]}
        empty={{ icon: "shield", title: w("quarantine.none"), text: w("quarantine.none_text"), small: true }}
      />
      {list.data?.next && <a {...linkTo("/admin/quarantine")}>{w("health.open_quarantine")}</a>}
    </section>
  );
}
