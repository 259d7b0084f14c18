/** How a contact ended: result code, kind of request, a note. Shared by closing and wrap-up. */
import { Select, Textarea } from "@mantine/core";
import "@mantine/core/styles/Combobox.css";
import { useDirectory } from "../api/hooks";
import type { Closing, ContactRow } from "../api/types";
import { titled, useI18n } from "../i18n";
import css from "./dialogs.module.css";

export interface ResultValue {
  code: string | null;
  kind: string | null;
  note: string;
}

export function closingOf(value: ResultValue): Closing {
  return {
    ...(value.code ? { result_code_id: value.code } : {}),
    ...(value.kind ? { kind_id: value.kind } : {}),
    ...(value.note.trim() ? { note: value.note.trim() } : {}),
  };
}

/** The codes of the contact's queue and those of all queues. */
export function useCodes(contact: ContactRow) {
  const { data } = useDirectory();
  const codes = (data?.result_codes ?? []).filter((one) => !one.queue_id || one.queue_id === contact.queue_id);
  const queue = data?.queues.find((one) => one.id === contact.queue_id);
  return { codes, required: Boolean(queue?.wrap_up_code_required && codes.length), kinds: data?.kinds ?? [] };
}

interface ResultProps {
  contact: ContactRow;
  value: ResultValue;
  onChange: (value: ResultValue) => void;
  first?: boolean;
}

export function ResultFields({ contact, value, onChange, first }: ResultProps) {
  const { t, locale } = useI18n();
  const { codes, kinds } = useCodes(contact);
  return (
    <>
      <fieldset className={css.codes}>
        <legend>{t("field.result")}</legend>
        {codes.map((code, at) => (
          <label key={code.id} className={css.code} data-chosen={value.code === code.id || undefined}>
            <input
              type="radio"
              name="result"
              data-autofocus={(first && at === 0) || undefined}
              checked={value.code === code.id}
              onChange={() => onChange({ ...value, code: code.id })}
            />
            {titled(code.title, locale)}
          </label>
        ))}
      </fieldset>
      <div className={css.pair}>
        <Select
          label={t("field.kind")}
          placeholder={t("header.no_kind")}
          data={kinds.map((kind) => ({ value: kind.id, label: titled(kind.title, locale) }))}
          value={value.kind}
          onChange={(kind) => onChange({ ...value, kind })}
        />
        <Textarea
          label={t("field.note")}
          placeholder={t("field.note_hint")}
          rows={1}
          value={value.note}
          onChange={(event) => onChange({ ...value, note: event.currentTarget.value })}
        />
      </div>
    </>
  );
}
