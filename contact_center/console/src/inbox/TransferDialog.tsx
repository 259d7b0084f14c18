import { Button, Modal, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { transferContact } from "../api/acts";
import { queries } from "../api/client";
import { useDirectory, useMe } from "../api/hooks";
import { keys } from "../api/keys";
import type { ContactRow, DirectoryEmployee } from "../api/types";
import { named, useI18n } from "../i18n";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { Bones, Empty, useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import css from "./dialogs.module.css";

type Target = { to: "operator" | "queue" | "anyone"; id: string | null; name: string };

function loadOf(one: DirectoryEmployee): number {
  return Object.values(one.load).reduce((sum, n) => sum + n, 0);
}

const ORDER = { ready: 0, break: 1, not_answering: 2, offline: 3 } as const;

function Person({ one, contact, chosen, choose }: { one: DirectoryEmployee; contact: ContactRow; chosen: boolean; choose: () => void }) {
  const { t } = useI18n();
  const ceiling = one.ceilings[contact.medium];
  const full = ceiling !== undefined && (one.load[contact.medium] ?? 0) >= ceiling;
  const away = one.presence !== "ready";
  return (
    <button type="button" role="option" aria-selected={chosen} aria-disabled={away || undefined} className={css.target} data-away={away || undefined} onClick={away ? undefined : choose}>
      <Avatar id={one.id} name={one.name} size={34} presence={one.presence} />
      <span className={css.targetText}>
        <b className="ellipsis">{one.name}</b>
        <span>{full && !away ? t("transfer.full") : t(`presence.${one.presence}`)}</span>
      </span>
      <span className={`${css.load} tabular`}>{t("transfer.load", { n: loadOf(one) })}</span>
      {chosen && <Icon name="check" size={18} />}
    </button>
  );
}

/** Anything but a person: a queue, or whoever is free. */
function Place({ icon, name, about, load, chosen, choose }: { icon: IconName; name: string; about: string; load?: string; chosen: boolean; choose: () => void }) {
  return (
    <button type="button" role="option" aria-selected={chosen} className={css.target} onClick={choose}>
      <span className={css.queueIcon}>
        <Icon name={icon} size={18} />
      </span>
      <span className={css.targetText}>
        <b className="ellipsis">{name}</b>
        <span>{about}</span>
      </span>
      {load && <span className={`${css.load} tabular`}>{load}</span>}
      {chosen && <Icon name="check" size={18} />}
    </button>
  );
}

export default function TransferDialog({ contact, onClose }: { contact: ContactRow; onClose: () => void }) {
  const { t } = useI18n();
  const me = useMe();
  const text = useProblemText();
  const { data } = useDirectory();
  const [q, setQ] = useState("");
  const [target, setTarget] = useState<Target | null>(null);
  const [note, setNote] = useState("");
  const [lacking, setLacking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  // State and load are worth little when they are a minute old.
  useEffect(() => {
    const refresh = () => void queries.invalidateQueries({ queryKey: keys.directory });
    refresh();
    const timer = setInterval(refresh, 5000);
    return () => clearInterval(timer);
  }, []);

  const has = (name: string) => name.toLocaleLowerCase().includes(q.trim().toLocaleLowerCase());
  const people = (data?.employees ?? [])
    .filter((one) => one.id !== me.employee.id && one.id !== contact.operator_id && one.role !== "light" && one.state === "active" && has(one.name))
    .sort((a, b) => ORDER[a.presence] - ORDER[b.presence] || loadOf(a) - loadOf(b) || a.name.localeCompare(b.name));
  const queues = (data?.queues ?? []).filter((one) => !one.archived && has(one.name));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!target) return;
    if (!note.trim()) {
      setLacking(true);
      return;
    }
    setBusy(true);
    try {
      await transferContact(contact.id, target.to, target.id, note.trim());
      toast("good", t("transfer.done", { name: target.name }));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={t("transfer.title", { name: named(contact.client, t) })} size={560} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
      <form onSubmit={(event) => void submit(event)} className={css.form} noValidate>
        <TextInput data-autofocus type="search" aria-label={t("transfer.find")} placeholder={t("transfer.find")} leftSection={<Icon name="search" size={16} />} value={q} onChange={(event) => setQ(event.currentTarget.value)} />
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className={css.targets} tabIndex={0} role="listbox" aria-label={t("transfer.targets")}>
          {has(t("transfer.anyone")) && <Place icon="clients" name={t("transfer.anyone")} about={t("transfer.anyone_hint")} chosen={target?.to === "anyone"} choose={() => setTarget({ to: "anyone", id: null, name: t("transfer.anyone") })} />}
          {!data && <Bones rows={4} />}
          {data && !people.length && !queues.length && !has(t("transfer.anyone")) && <Empty small icon="search" title={t("empty.filtered")} />}
          {queues.length > 0 && (
            <div role="group" aria-label={t("transfer.queues")}>
              <h3 aria-hidden>{t("transfer.queues")}</h3>
              {queues.map((one) => (
                <Place
                  key={one.id}
                  icon="queue"
                  name={one.name}
                  about={t(one.open ? "queue.open" : "queue.closed")}
                  load={t("transfer.waiting", { n: one.waiting })}
                  chosen={target?.id === one.id}
                  choose={() => setTarget({ to: "queue", id: one.id, name: one.name })}
                />
              ))}
            </div>
          )}
          {people.length > 0 && (
            <div role="group" aria-label={t("transfer.people")}>
              <h3 aria-hidden>{t("transfer.people")}</h3>
              {people.map((one) => (
                <Person key={one.id} one={one} contact={contact} chosen={target?.id === one.id} choose={() => setTarget({ to: "operator", id: one.id, name: one.name })} />
              ))}
            </div>
          )}
        </div>
        <Textarea label={t("transfer.note")} description={t("transfer.note_hint")} autosize={false} rows={2} required value={note} error={lacking && !note.trim() ? t("transfer.note_needed") : undefined} onChange={(event) => setNote(event.currentTarget.value)} />
        {error ? <p className={css.error} role="alert">{text(error)}</p> : null}
        <footer>
          <Button variant="default" onClick={onClose}>
            {t("act.cancel")}
          </Button>
          <Button type="submit" loading={busy} disabled={!target}>
            {target ? t("transfer.to", { name: target.name }) : t("act.transfer")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
