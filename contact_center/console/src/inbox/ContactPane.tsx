import { lazy, Suspense, useState } from "react";
import { markNotSpam, markSpam, takeContact } from "../api/acts";
import { useContact } from "../api/hooks";
import { Problem } from "../api/http";
import type { Contact, ContactRow } from "../api/types";
import { useActions } from "../actions/registry";
import { useI18n } from "../i18n";
import { useTopics } from "../live/connection";
import { Bones, Empty, Failed, useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { Composer, focusComposer } from "./Composer";
import { Header } from "./Header";
import { Thread } from "./Thread";
import css from "./thread.module.css";

const TransferDialog = lazy(() => import("./TransferDialog"));
const WrapUp = lazy(() => import("./WrapUp"));
const CloseDialog = lazy(() => import("./CloseDialog"));

interface PaneProps {
  id: string;
  contact: Contact | undefined;
  row: ContactRow | undefined;
  onBack?: () => void;
  onPanel?: () => void;
}

export function ContactPane({ id, contact, row, onBack, onPanel }: PaneProps) {
  const { t } = useI18n();
  const query = useContact(id);
  const text = useProblemText();
  const [dialog, setDialog] = useState<"transfer" | "close" | null>(null);
  useTopics(`contact:${id}`);

  const act = (call: Promise<unknown>) => {
    call.catch((error: unknown) => toast("bad", text(error)));
  };
  const can: Partial<Contact["can"]> = contact?.can ?? {};
  useActions([
    can.reply && { id: "reply", title: "act.reply", group: "contact", icon: "reply", chord: { code: "KeyR" }, run: () => focusComposer("reply") },
    can.note && { id: "note", title: "act.note", group: "contact", icon: "note", chord: { code: "KeyN" }, run: () => focusComposer("note") },
    can.take && { id: "take", title: "act.take", group: "contact", icon: "hand", chord: { code: "KeyA" }, run: () => act(takeContact(id)) },
    can.transfer && { id: "transfer", title: "act.transfer", group: "contact", icon: "transfer", chord: { code: "KeyT" }, run: () => setDialog("transfer") },
    can.close && { id: "close", title: "act.close", group: "contact", icon: "check", chord: { code: "KeyE" }, run: () => setDialog("close") },
    can.spam && { id: "spam", title: "act.spam", group: "contact", icon: "spam", run: () => act(markSpam(id)) },
    can.not_spam && { id: "not_spam", title: "act.not_spam", group: "contact", icon: "check", run: () => act(markNotSpam(id)) },
  ]);

  if (!row) {
    const gone = query.error instanceof Problem && query.error.status === 404;
    return (
      <section className={css.pane}>
        {gone ? (
          <Empty icon="inbox" title={t("contact.gone")} text={t("contact.gone_text")} />
        ) : query.isError ? (
          <Failed error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Bones rows={6} kind="bubble" />
        )}
      </section>
    );
  }
  return (
    <section className={css.pane} aria-label={t("contact.label", { name: row.client.name })}>
      <Header row={row} contact={contact} onBack={onBack} onPanel={onPanel} onTake={() => act(takeContact(id))} onTransfer={() => setDialog("transfer")} onClose={() => setDialog("close")} onSpam={() => act(markSpam(id))} onNotSpam={() => act(markNotSpam(id))} />
      <Thread id={id} row={row} contact={contact} />
      <Suspense fallback={null}>
        {contact?.can.wrap_up && contact.work && <WrapUp key={contact.work.id} contact={contact} />}
      </Suspense>
      {contact && <Composer contact={contact} />}
      <Suspense fallback={null}>
        {dialog === "transfer" && <TransferDialog contact={row} onClose={() => setDialog(null)} />}
        {dialog === "close" && contact && <CloseDialog contact={contact} onClose={() => setDialog(null)} />}
      </Suspense>
    </section>
  );
}
