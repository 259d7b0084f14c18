import { Button, Modal, Textarea } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { parkContact } from "../api/acts";
import { queries } from "../api/client";
import { useNames } from "../api/hooks";
import { Problem } from "../api/http";
import { keys } from "../api/keys";
import type { Contact, MessagePage } from "../api/types";
import { named, useI18n } from "../i18n";
import { full } from "../i18n/time";
import dialog from "../inbox/dialogs.module.css";
import { serverNow } from "../ui/now";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { useParkingWords } from "./texts";
import { read, tomorrowAtNine, written } from "./times";
import css from "./parking.module.css";

const HOUR = 3_600_000;
const MOST = 90; // days, as the service has it
const UNSAID = 30;
const CHOICES = ["client", "hour", "tomorrow", "other"] as const;
type Choice = (typeof CHOICES)[number];

/** The newest message that is on the screen: what came after it nobody has read. */
function seen(contact: Contact): number {
  return queries.getQueryData<MessagePage>(keys.messages(contact.id))?.items.at(-1)?.seq ?? contact.last_seq;
}

export default function ParkDialog({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const i18n = useI18n();
  const { zone } = i18n;
  const w = useParkingWords();
  const text = useProblemText();
  const { queues } = useNames();
  const [began] = useState(() => ({ at: serverNow(), seq: seen(contact) }));
  const [choice, setChoice] = useState<Choice>("client");
  const [other, setOther] = useState(() => written(began.at + 24 * HOUR, zone));
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const times: Record<Choice, number | null> = {
    client: null,
    hour: began.at + HOUR,
    tomorrow: tomorrowAtNine(began.at, queues.get(contact.queue_id)?.zone),
    other: read(other, zone),
  };
  const hints: Record<Choice, ReactNode> = {
    client: w("client_hint", { days: UNSAID }),
    hour: w("at", { time: full(i18n, began.at + HOUR) }),
    tomorrow: w("at", { time: full(i18n, times.tomorrow ?? began.at) }),
    other: null,
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const at = times[choice];
    const ahead = (at ?? 0) - serverNow();
    if (choice !== "client" && (at === null || ahead <= 0 || ahead > MOST * 24 * HOUR)) {
      setError(w("past", { days: MOST }));
      return;
    }
    setBusy(true);
    try {
      const parked = await parkContact(contact.id, { until: at === null ? null : new Date(at).toISOString(), seen_seq: began.seq, note: note.trim() });
      toast("good", w("done", { time: full(i18n, parked?.work?.parked_until ?? at ?? serverNow()) }));
      onClose();
    } catch (problem) {
      setError(problem instanceof Problem && problem.code === "client_wrote" ? w("wrote") : text(problem));
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={w(contact.work?.state === "parked" ? "again" : "title", { name: named(contact.client, i18n.t) })} size={480} closeButtonProps={{ "aria-label": i18n.t("act.dismiss") }} data-cc-modal>
      <form onSubmit={(event) => void submit(event)} className={dialog.form} noValidate>
        <fieldset className={css.choices}>
          <legend>{w("until")}</legend>
          {CHOICES.map((one) => (
            <label key={one} className={css.choice} data-chosen={one === choice || undefined}>
              <input type="radio" name="until" data-autofocus={one === "client" || undefined} checked={one === choice} onChange={() => setChoice(one)} />
              <span>
                <b>{w(one)}</b>
                {hints[one] && <small>{hints[one]}</small>}
              </span>
            </label>
          ))}
          {choice === "other" && <input type="datetime-local" className={css.time} aria-label={w("time")} value={other} min={written(began.at, zone)} max={written(began.at + MOST * 24 * HOUR, zone)} onChange={(event) => setOther(event.currentTarget.value)} />}
        </fieldset>
        <Textarea label={w("note")} description={w("note_hint")} autosize={false} rows={2} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <p className={dialog.hint}>{w("after")}</p>
        {error && <p className={dialog.error} role="alert">{error}</p>}
        <footer>
          <Button variant="default" onClick={onClose}>
            {i18n.t("act.cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {i18n.t("act.park")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
