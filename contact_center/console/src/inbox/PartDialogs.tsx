/** Split a contact at a letter, or join another one of the same client and mailbox into it. */
import { Button, Modal } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { useClientContacts, useMe, useMessages, useNames } from "../api/hooks";
import type { Contact, ContactRow, Message } from "../api/types";
import { useI18n } from "../i18n";
import { stamp } from "../i18n/time";
import { useLetterWords } from "../letters/texts";
import { useNow } from "../ui/now";
import { Bones, Empty, Failed, useProblemText } from "../ui/states";
import { useStore } from "../ui/store";
import { toast } from "../ui/toasts";
import { Choices } from "./Choices";
import { joinContacts, parting, splitContact } from "./parting";
import { goTo, useInboxPlace } from "./place";
import css from "./dialogs.module.css";

const PREVIEW = 3;
const close = () => parting.set(null);

export default function PartDialogs({ contact }: { contact: Contact }) {
  const asked = useStore(parting);
  if (asked?.contact !== contact.id) return null;
  return asked.act === "split" ? <Split contact={contact} first={asked.message} /> : <Join contact={contact} />;
}

interface FormProps {
  title: string;
  act: string;
  /** What happens when it is confirmed; null while nothing is chosen. */
  says: string | null;
  submit: () => Promise<void>;
  children: ReactNode;
}

function Form({ title, act, says, submit, children }: FormProps) {
  const { t } = useI18n();
  const text = useProblemText();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (event: FormEvent) => {
    event.preventDefault();
    if (!says) return;
    setBusy(true);
    try {
      await submit();
      close();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={close} title={title} size={560} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
      <form onSubmit={(event) => void run(event)} className={css.form}>
        {children}
        {says && <p className={css.hint} role="status">{says}</p>}
        {error ? <p className={css.error} role="alert">{text(error)}</p> : null}
        <footer>
          <Button variant="default" onClick={close}>
            {t("act.cancel")}
          </Button>
          <Button type="submit" loading={busy} disabled={!says}>
            {act}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

// --- split ---------------------------------------------------------------------------------------

/** What may begin a contact of its own: a letter with another one before it. */
function beginnings(items: readonly Message[], before: boolean): Message[] {
  const talk = items.filter((one) => (one.kind === "inbound" || one.kind === "outbound") && !one.deleted_at);
  return before ? talk : talk.slice(1);
}

function subjectOf({ data, text }: Message): string {
  const letter = data.letter as { subject?: string } | undefined;
  return String(letter?.subject || data.subject || text.slice(0, 80));
}

function Split({ contact, first }: { contact: Contact; first: string | null }) {
  const now = useNow(15_000);
  const i18n = useI18n();
  const { l } = useLetterWords();
  const place = useInboxPlace();
  const { data, isError, error, refetch } = useMessages(contact.id);
  const items = data?.items ?? [];
  const letters = beginnings(items, data?.has_before ?? false);
  const [picked, setPicked] = useState<string | null>(first);
  const chosen = letters.find((one) => one.id === (picked ?? letters.findLast((each) => each.data.subject_changed)?.id));
  const moved = chosen ? items.filter((one) => one.seq >= chosen.seq).length : 0;
  const submit = async () => {
    if (!chosen) return;
    const part = await splitContact(contact.id, chosen.id);
    const open = { label: l("part.open"), run: () => goTo({ ...place, view: place.view, contact: part.contact.id }) };
    toast("good", l("part.split_done", { number: part.contact.number }), open, 9000);
    if (part.over_capacity) toast("info", l("part.over_capacity"));
  };
  const choices = letters.map((one) => ({
    id: one.id,
    title: subjectOf(one),
    text: [one.author?.name, one.text.slice(0, 120)].filter(Boolean).join(": "),
    side: stamp(i18n, one.created_at, now),
  }));
  const says = chosen ? l("part.split_says", { moved, subject: subjectOf(chosen) }) : null;
  return (
    <Form title={l("part.split_title", { number: contact.number })} act={l("part.split")} says={says} submit={submit}>
      <p className={css.hint}>{l("part.split_hint")}</p>
      <Choices label={l("part.letters")} items={choices} chosen={chosen?.id ?? null} onChoose={setPicked}>
        {!data && !isError && <Bones rows={3} />}
        {isError && <Failed error={error} retry={() => void refetch()} />}
        {data && !letters.length && <Empty small icon="mail" title={l("part.nothing")} />}
      </Choices>
    </Form>
  );
}

// --- join ----------------------------------------------------------------------------------------

function Join({ contact }: { contact: Contact }) {
  const now = useNow(15_000);
  const i18n = useI18n();
  const { l } = useLetterWords();
  const me = useMe();
  const { employees } = useNames();
  const [picked, setPicked] = useState<string | null>(null);
  const query = useClientContacts(contact.client.id);
  const rows = (query.data?.pages ?? []).flatMap((page) => page.items);
  const others = rows.filter((row) => row.id !== contact.id && row.state === "open" && row.account.id === contact.account.id);
  const chosen = others.find((row) => row.id === picked);
  const taken = ({ operator_id: who }: ContactRow) => who !== null && who !== me.employee.id;
  const submit = async () => {
    if (!chosen) return;
    await joinContacts(contact.id, chosen.id);
    toast("good", l("part.join_done", { other: chosen.number, number: contact.number }));
  };
  const choices = others.map((row) => ({
    id: row.id,
    title: `№ ${row.number} · ${row.subject || row.last_text}`,
    text: taken(row) ? l("part.of", { name: employees.get(row.operator_id ?? "")?.name ?? "" }) : row.last_text,
    side: row.last_at ? stamp(i18n, row.last_at, now) : "",
    away: taken(row),
  }));
  const says = chosen ? l("part.join_says", { other: chosen.number, number: contact.number }) : null;
  return (
    <Form title={l("part.join_title", { number: contact.number })} act={l("part.join")} says={says} submit={submit}>
      <Choices label={l("part.others")} items={choices} chosen={chosen?.id ?? null} onChoose={setPicked}>
        {query.isPending && <Bones rows={3} />}
        {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
        {query.isSuccess && !others.length && !query.hasNextPage && <Empty small icon="inbox" title={l("part.no_others")} />}
        {query.hasNextPage && (
          <Button variant="subtle" size="compact-sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {i18n.t("act.more_rows")}
          </Button>
        )}
      </Choices>
      {chosen && <Preview key={chosen.id} id={chosen.id} />}
    </Form>
  );
}

function Preview({ id }: { id: string }) {
  const { l } = useLetterWords();
  const { data } = useMessages(id);
  const last = (data?.items ?? []).filter((one) => one.kind !== "system" && !one.deleted_at).slice(-PREVIEW);
  return (
    <section className={css.preview} aria-label={l("part.preview")}>
      {!data && <Bones rows={PREVIEW} />}
      {last.map((one) => (
        <p key={one.id}>
          <b>{one.author?.name ?? ""}</b> {one.text.slice(0, 300)}
        </p>
      ))}
    </section>
  );
}
