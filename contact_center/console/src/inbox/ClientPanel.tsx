import { Button, Textarea } from "@mantine/core";
import { Suspense, useState } from "react";
import { addClientNote } from "../api/acts";
import { useClient, useClientContacts, useDirectory, useMay, useMe, useNames } from "../api/hooks";
import type { Client, Contact, ContactRow, Identity, Proof } from "../api/types";
import { named, titled, useI18n } from "../i18n";
import { full, stamp } from "../i18n/time";
import { useTopics } from "../live/connection";
import { linkTo } from "../router";
import { Avatar } from "../ui/Avatar";
import { Icon, mediumIcon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { serverNow } from "../ui/now";
import { Bones, Empty, Failed, useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { Fields } from "../clients/Fields";
import { plainLabel } from "../clients/fieldNames";
import { NameEdit } from "../clients/NameEdit";
import { beginNote, endNote, useBegunNote } from "../clients/notes";
import { lazily } from "../ui/lazily";
import css from "./client.module.css";

const AddAddress = lazily(() => import("../clients/AddAddress"));
const CarryLink = lazily(() => import("../clients/CarryLink"));
const Why = lazily(() => import("../routing/Why"));

const ADDRESS: Record<string, IconName> = { phone: "voice", email: "mail", visitor: "globe", telegram: "messenger" };
const SURE: ReadonlySet<Proof> = new Set(["provider", "signed", "confirmed"]);

function IdentityRow({ identity }: { identity: Identity }) {
  const { t, maybe } = useI18n();
  const sure = SURE.has(identity.proof);
  return (
    <li className={css.identity}>
      <Icon name={ADDRESS[identity.medium] ?? "messenger"} size={16} />
      <span className={css.address}>
        <span>{identity.medium === "visitor" ? t("client.visitor") : identity.value}</span>
        <small>{[maybe(`address.${identity.medium}`) ?? identity.medium, identity.profile["username"] && `@${identity.profile["username"]}`].filter(Boolean).join(" · ")}</small>
      </span>
      <span className={css.proof} data-sure={sure || undefined} title={t(`proof.${identity.proof}_hint`)}>
        <Icon name={sure ? "shield" : "question"} size={14} />
        {t(`proof.${identity.proof}`)}
      </span>
    </li>
  );
}

/** The picture of the address he was heard of last. */
export function pictureOf(client: Client): string | null {
  return client.identities.findLast((one) => one.avatar)?.avatar ?? null;
}

function Visit({ contact }: { contact: Contact }) {
  const { t, maybe } = useI18n();
  // What a channel tells of a visit is its own affair: only what reads as expected is shown.
  const { page, title, prechat, referrer } = contact.data;
  const url = typeof page === "string" ? page : "";
  const words = typeof title === "string" && title ? title : url;
  const answers = typeof prechat === "object" ? Object.entries(prechat ?? {}) : [];
  if (!url && !answers.length) return null;
  const isLink = url && /^https?:\/\//.test(url);
  return (
    <section className={css.section}>
      <h3>{t("client.visit")}</h3>
      {url && (
        <p className={css.visit}>
          <Icon name="globe" size={15} />
          {isLink ? (
            <a href={url} target="_blank" rel="noopener noreferrer nofollow">
              {words}
            </a>
          ) : (
            <span>{words}</span>
          )}
        </p>
      )}
      {typeof referrer === "string" && referrer && <p className={css.referrer}>{t("client.referrer", { from: referrer })}</p>}
      {answers.length > 0 && (
        <dl className={css.fields}>
          {answers.map(([name, value]) => (
            <div key={name}>
              <dt>{maybe(`client_field.${name}`) ?? plainLabel(name)}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

/** Why the line has given the contact to this operator, or to nobody yet. */
function WhyHere({ row }: { row: ContactRow }) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <section className={css.folded}>
      <h3>
        <button type="button" className={css.disclosure} aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? "chevronDown" : "chevronRight"} size={14} />
          {t(row.work?.state === "waiting" || row.work?.state === "parked" ? "routing.waiting" : "routing.here")}
        </button>
      </h3>
      {open && (
        <Suspense fallback={<Bones rows={3} kind="line" />}>
          <Why row={row} />
        </Suspense>
      )}
    </section>
  );
}

export function ClientNotes({ client }: { client: Client }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { employees } = useNames();
  const { permissions } = useMe();
  const may = permissions.includes("clients") || permissions.includes("note");
  const text = useProblemText();
  const note = useBegunNote(client.id);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await addClientNote(client.id, note.trim());
      endNote(client.id, note);
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className={css.section}>
      <h3>{t("client.notes")}</h3>
      {client.notes.map((one) => (
        <article key={one.id} className={css.note}>
          <p>{one.text}</p>
          <small title={full(i18n, one.created_at)}>
            {(one.employee_id && employees.get(one.employee_id)?.name) ?? t("system.somebody")} · {stamp(i18n, one.created_at, serverNow())}
          </small>
        </article>
      ))}
      {may && (
        <div className={css.noteForm}>
          <Textarea aria-label={t("client.add_note")} placeholder={t("client.add_note")} rows={note ? 3 : 1} value={note} onChange={(event) => beginNote(client.id, event.currentTarget.value)} />
          {note.trim() && (
            <Button size="xs" loading={busy} onClick={() => void save()}>
              {t("act.save")}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

export function ClientHistory({ client, current }: { client: string; current?: string }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { queues, codes } = useNames();
  const history = useClientContacts(client);
  const rows = history.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={css.section}>
      <h3>{t("client.history")}</h3>
      {history.isPending && <Bones rows={3} kind="line" />}
      {history.isError && <Failed small error={history.error} retry={() => void history.refetch()} />}
      {history.isSuccess && rows.length === 0 && <Empty small icon="history" title={t("client.no_history")} />}
      <ol className={css.history}>
        {rows.map((row) => (
          <li key={row.id}>
            <a {...linkTo(`/inbox/${row.state === "closed" ? "closed" : "all"}/${row.id}`)} className={css.past} aria-current={row.id === current ? "true" : undefined}>
              <span className={css.pastIcon} data-open={row.state === "open" || undefined}>
                <Icon name={mediumIcon(row.medium)} size={14} />
              </span>
              <span className={css.pastText}>
                <span className={css.pastTop}>
                  <b>№ {row.number}</b>
                  <time>{stamp(i18n, row.opened_at, serverNow())}</time>
                </span>
                <span className="ellipsis">{row.subject ?? row.last_text}</span>
                <small className="ellipsis">
                  {queues.get(row.queue_id)?.name}
                  {row.work?.parked_until ? ` · ${t("row.parked", { time: stamp(i18n, row.work.parked_until, serverNow()) })}` : row.state === "open" ? ` · ${t("client.open_now")}` : ""}
                  {row.result_code_id ? ` · ${titled(codes.get(row.result_code_id)?.title, i18n.locale)}` : ""}
                </small>
              </span>
            </a>
          </li>
        ))}
      </ol>
      {history.hasNextPage && (
        <Button size="xs" variant="default" fullWidth loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          {t("act.more_rows")}
        </Button>
      )}
    </section>
  );
}

export function ClientFacts({ client }: { client: Client }) {
  const { t } = useI18n();
  const may = useMay("clients");
  const works = useMay("work");
  useTopics(may ? `client:${client.id}` : "");
  const { data: directory } = useDirectory();
  const [adding, setAdding] = useState(false);
  const [carrying, setCarrying] = useState(false);
  // Where he writes already he need not be led to.
  const elsewhere = works ? (directory?.accounts ?? []).filter((one) => one.start_links && !client.identities.some(({ medium }) => medium === one.provider)) : [];
  return (
    <>
      <section className={css.section}>
        <h3>{t("client.addresses")}</h3>
        <ul className={css.identities}>
          {client.identities.map((identity) => (
            <IdentityRow key={identity.id} identity={identity} />
          ))}
        </ul>
        <Suspense fallback={null}>{adding && <AddAddress client={client} onDone={() => setAdding(false)} />}</Suspense>
        {may && !adding && (
          <Button size="compact-xs" mih={24} variant="subtle" ml={-8} leftSection={<Icon name="plus" size={14} />} onClick={() => setAdding(true)}>
            {t("client.add_address")}
          </Button>
        )}
        {elsewhere.length > 0 && !carrying && (
          <Button size="compact-xs" mih={24} variant="subtle" ml={-8} leftSection={<Icon name="messenger" size={14} />} onClick={() => setCarrying(true)}>
            {elsewhere.length === 1 ? t("client.carry", { name: elsewhere[0]?.title ?? "" }) : t("client.carry_somewhere")}
          </Button>
        )}
        <Suspense fallback={null}>{carrying && <CarryLink client={client} accounts={elsewhere} onDone={() => setCarrying(false)} />}</Suspense>
      </section>
      <Fields client={client} />
    </>
  );
}

/** Of one client: what is typed or made for him must not stand at the next one. */
export default function ClientPanel(props: { row: ContactRow; contact: Contact | undefined }) {
  return <Panel key={props.row.client.id} {...props} />;
}

function Panel({ row, contact }: { row: ContactRow; contact: Contact | undefined }) {
  const { t, maybe } = useI18n();
  const { employees } = useNames();
  const work = useMay("work");
  const me = useMe().employee.id;
  const explained = useMay("supervise") || (work && (row.operator_id === me || row.work?.operator_id === me || (row.work?.origin === "parked" && row.work.preferred_id === me)));
  const query = useClient(work ? row.client.id : null);
  const client = query.data;
  const responsible = client?.responsible_id ? employees.get(client.responsible_id)?.name : null;
  return (
    <div className={css.panel}>
      <header className={css.head}>
        <Avatar id={row.client.id} name={named(row.client, t)} size={52} company={row.client.kind !== "person"} picture={client ? pictureOf(client) : null} />
        <div className={css.who}>
          {client ? <NameEdit client={client} /> : <b className={css.name}>{named(row.client, t)}</b>}
          <span className={css.facts}>
            {maybe(`client_kind.${row.client.kind}`)}
            {client ? ` · ${t("client.contacts", { n: client.contacts_total })}` : ""}
          </span>
          {responsible && <span className={css.facts}>{t("client.responsible", { name: responsible })}</span>}
        </div>
      </header>
      {explained && <WhyHere key={row.id} row={row} />}
      {work && query.isPending && <Bones rows={3} kind="line" />}
      {query.isError && <Failed small error={query.error} retry={() => void query.refetch()} />}
      {client && <ClientFacts client={client} />}
      {contact && <Visit contact={contact} />}
      {client && <ClientNotes client={client} />}
      {work && <ClientHistory client={row.client.id} current={row.id} />}
    </div>
  );
}
