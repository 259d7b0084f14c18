import { Button, SegmentedControl, TextInput } from "@mantine/core";
import "@mantine/core/styles/SegmentedControl.css";
import "@mantine/core/styles/FloatingIndicator.css";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { post } from "../api/http";
import { keys } from "../api/keys";
import type { Client } from "../api/types";
import { useI18n } from "../i18n";
import { useProblemText } from "../ui/states";
import css from "./fields.module.css";

/** An address somebody told: kept as claimed, until it is proven. */
export default function AddAddress({ client, onDone }: { client: Client; onDone: () => void }) {
  const { t } = useI18n();
  const text = useProblemText();
  const [medium, setMedium] = useState<"phone" | "email">("phone");
  const [value, setValue] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const changed = await post("/clients/{id}/identities", { path: { id: client.id }, body: { medium, value: value.trim() } });
      queries.setQueryData(keys.client(client.id), changed);
      onDone();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <form className={css.form} onSubmit={(event) => void submit(event)}>
      <SegmentedControl size="xs" aria-label={t("client.address_kind")} value={medium} onChange={(next) => setMedium(next as "phone")} data={(["phone", "email"] as const).map((one) => ({ value: one, label: t(`address.${one}`) }))} />
      <TextInput
        size="xs"
        autoFocus
        type={medium === "phone" ? "tel" : "email"}
        maxLength={200}
        aria-label={t(`address.${medium}`)}
        placeholder={medium === "phone" ? "+375 29 123-45-67" : "name@example.com"}
        error={error ? text(error) : undefined}
        value={value}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
        }}
        onChange={(event) => {
          setValue(event.currentTarget.value);
          setError(null);
        }}
      />
      <span className={css.acts}>
        <Button size="compact-xs" variant="default" onClick={onDone}>
          {t("act.cancel")}
        </Button>
        <Button size="compact-xs" type="submit" loading={busy} disabled={value.trim().length < 3}>
          {t("act.save")}
        </Button>
      </span>
    </form>
  );
}
