import { Suspense, useState } from "react";
import { markNotSpam, markSpam, takeContact } from "../api/acts";
import { queries } from "../api/client";
import { useContact, useMe } from "../api/hooks";
import { keys } from "../api/keys";
import { Problem } from "../api/http";
import type { Contact, ContactRow, Message, MessagePage } from "../api/types";
import { useActions } from "../actions/registry";
import { named, useI18n } from "../i18n";
import { useTopics } from "../live/connection";
import { Bones, Empty, Failed, useProblemText } from "../ui/states";
import { useStore } from "../ui/store";
import { toast } from "../ui/toasts";
import { acting } from "./acting";
import { Composer } from "./Composer";
import { drafts } from "./drafts";
import { focusComposer } from "./focus";
import { Header } from "./Header";
import { usePending } from "./outbox";
import { PendingBubbles } from "./Pending";
import { Thread } from "./Thread";
import { parting } from "./parting";
import { viewing } from "./viewing";
import { lazily } from "../ui/lazily";
import css from "./thread.module.css";

const TransferDialog = lazily(() => import("./TransferDialog"));
const WrapUp = lazily(() => import("./WrapUp"));
const ParkDialog = lazily(() => import("../parking/ParkDialog"));
const CloseDialog = lazily(() => import("./CloseDialog"));
const Viewer = lazily(() => import("./Viewer"));
const PartDialogs = lazily(() => import("./PartDialogs"));

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
  const me = useMe();
  const [dialog, setDialog] = useState<"transfer" | "park" | "close" | null>(null);
  const unsent = usePending(id);
  useTopics(`contact:${id}`);
  const large = useStore(viewing) !== null;
  const parted = useStore(parting)?.contact === id;
  const onPart = (part: "split" | "join") => parting.set({ act: part, contact: id, message: null });

  const act = (call: Promise<unknown>) => {
    call.catch((error: unknown) => toast("bad", text(error)));
  };
  const can: Partial<Contact["can"]> = contact?.can ?? {};
  const carries = contact?.capabilities;
  const newest = (wanted: (message: Message) => boolean) => queries.getQueryData<MessagePage>(keys.messages(id))?.items.findLast((one) => !one.deleted_at && wanted(one))?.id;
  const quote = () => {
    const answered = newest(({ kind }) => kind === "inbound");
    if (answered) drafts.write(id, "reply", { reply_to: answered });
    focusComposer(id, "reply");
  };
  const change = () => {
    const message = newest(({ kind, author }) => kind === "outbound" && author.id === me.employee.id);
    if (message) acting.set({ message, act: "edit" });
  };
  useActions([
    can.reply && { id: "reply", icon: "reply", run: () => focusComposer(id, "reply") },
    can.note && { id: "note", icon: "note", run: () => focusComposer(id, "note") },
    can.reply && carries?.reply_to && { id: "quote", icon: "quote", run: quote },
    can.reply && carries?.edit && { id: "change", icon: "edit", run: change },
    can.take && { id: "take", icon: "hand", run: () => act(takeContact(id)) },
    can.transfer && { id: "transfer", icon: "transfer", run: () => setDialog("transfer") },
    can.park && { id: "park", icon: "pause", run: () => setDialog("park") },
    can.close && { id: "close", icon: "check", run: () => setDialog("close") },
    can.part && { id: "split", title: "act.split", group: "contact", icon: "split", run: () => onPart("split") },
    can.part && { id: "join", title: "act.join", group: "contact", icon: "join", run: () => onPart("join") },
    can.spam && { id: "spam", title: "act.spam", group: "contact", icon: "spam", run: () => act(markSpam(id)) },
    can.not_spam && { id: "not_spam", title: "act.not_spam", group: "contact", icon: "check", run: () => act(markNotSpam(id)) },
  ]);

  if (!row) {
    const gone = query.error instanceof Problem && query.error.status === 404;
    return (
      <section className={css.pane}>
        {gone ? (
          <div className={css.gone}>
            <Empty icon="inbox" title={t("contact.gone")} text={t("contact.gone_text")} />
            <PendingBubbles contact={id} entries={unsent} isGone />
          </div>
        ) : query.isError ? (
          <Failed error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Bones rows={6} kind="bubble" />
        )}
      </section>
    );
  }
  return (
    <section className={css.pane} aria-label={t("contact.label", { name: named(row.client, t) })}>
      <Header row={row} contact={contact} onBack={onBack} onPanel={onPanel} onTake={() => act(takeContact(id))} onTransfer={() => setDialog("transfer")} onPark={() => setDialog("park")} onClose={() => setDialog("close")} onSpam={() => act(markSpam(id))} onNotSpam={() => act(markNotSpam(id))} onPart={onPart} />
      <Thread id={id} row={row} contact={contact} />
      <Suspense fallback={null}>
        {contact?.can.wrap_up && contact.work && <WrapUp key={contact.work.id} contact={contact} />}
      </Suspense>
      {contact && <Composer contact={contact} />}
      <Suspense fallback={null}>
        {dialog === "transfer" && <TransferDialog contact={row} onClose={() => setDialog(null)} />}
        {large && <Viewer />}
        {parted && contact && <PartDialogs contact={contact} />}
        {dialog === "park" && contact && <ParkDialog contact={contact} onClose={() => setDialog(null)} />}
        {dialog === "close" && contact && <CloseDialog contact={contact} onClose={() => setDialog(null)} />}
      </Suspense>
    </section>
  );
}
