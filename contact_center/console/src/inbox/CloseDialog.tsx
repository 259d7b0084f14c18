import { Button, Modal } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { closeContact } from "../api/acts";
import type { Contact } from "../api/types";
import { named, useI18n } from "../i18n";
import { useProblemText } from "../ui/states";
import { closingOf, ResultFields, type ResultValue, useCodes } from "./Result";
import { drafts } from "./drafts";
import { usePending } from "./outbox";
import css from "./dialogs.module.css";

export default function CloseDialog({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const { t } = useI18n();
  const text = useProblemText();
  const { required } = useCodes(contact);
  const [value, setValue] = useState<ResultValue>({ code: contact.result_code_id, kind: contact.kind_id, note: "" });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const unsent = drafts.read(contact.id, "reply").text.trim();
  const replies = usePending(contact.id).filter((one) => one.kind === "reply");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await closeContact(contact.id, closingOf(value));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={t("close.title", { name: named(contact.client, t) })} size={520} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
      <form onSubmit={(event) => void submit(event)} className={css.form}>
        {unsent && <p className={css.warn}>{t("close.unsent")}</p>}
        {replies.some((one) => one.state !== "refused") && <p className={css.warn} role="status">{t("close.waiting")}</p>}
        {replies.some((one) => one.state === "refused") && <p className={css.warn}>{t("close.refused")}</p>}
        <ResultFields contact={contact} value={value} onChange={setValue} first />
        {required && !value.code && <p className={css.hint}>{t("close.later")}</p>}
        {error ? <p className={css.error} role="alert">{text(error)}</p> : null}
        <footer>
          <Button variant="default" onClick={onClose}>
            {t("act.cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("act.close")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
