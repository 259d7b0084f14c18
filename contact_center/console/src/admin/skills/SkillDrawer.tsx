import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Coded } from "../../api/types";
import { titled } from "../../i18n";
import { type TwoTexts, TwoTextFields } from "../kit/fields";
import { RecordDrawer } from "../kit/RecordDrawer";
import { useArchive } from "../kit/useArchive";
import { useForm } from "../kit/useForm";
import { changeRecord, createRecord } from "../kit/useRecords";
import { codeFrom } from "../lists/order";
import { useWords } from "../texts";

interface Values {
  code: string;
  title: TwoTexts;
}

/** A skill's name in both languages; its code stays, policies speak of it. */
export function SkillDrawer({ skill, onClose }: { skill: Coded | undefined; onClose: () => void }) {
  const { w, locale } = useWords();
  const [typed, setTyped] = useState(false);
  const form = useForm<Values>({
    record: skill,
    start: { code: skill?.code ?? "", title: { ru: skill?.title.ru ?? "", en: skill?.title.en ?? "" } },
    check: ({ code, title }) => ({
      ...(title.ru.trim() && title.en.trim() ? {} : { title: w("fault.both_languages") }),
      ...(skill || /^[a-z0-9][a-z0-9_-]{0,39}$/.test(code) ? {} : { code: w("fault.code") }),
    }),
    save: async ({ code, title }, changes, record) => {
      if (record) await changeRecord("/skills", record, changes);
      else await createRecord("/skills", { code, title });
    },
  });
  const archive = useArchive("/skills", skill, form.dirty, onClose);
  const retitle = (title: TwoTexts) => form.set({ title, ...(skill || typed ? {} : { code: codeFrom(title.en || title.ru) }) });
  return (
    <RecordDrawer title={skill ? titled(skill.title, locale) : w("skills.new")} form={form} onClose={onClose} saveLabel={skill ? undefined : w("form.add")} acts={archive}>
      <TwoTextFields label={w("field.title")} text={w("skills.title_text")} value={form.values.title} onChange={retitle} error={form.faults.title} required />
      <TextInput
        label={w("field.code")}
        description={w(skill ? "skills.code_fixed" : "skills.code_text")}
        disabled={Boolean(skill)}
        value={form.values.code}
        error={form.faults.code}
        onChange={(event) => {
          setTyped(true);
          form.set({ code: event.currentTarget.value });
        }}
        autoComplete="off"
      />
    </RecordDrawer>
  );
}
