import { ActionIcon, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useMay } from "../api/hooks";
import type { Client } from "../api/types";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import { useSave } from "./useSave";
import css from "../inbox/client.module.css";

/** The client's name, edited in place. */
export function NameEdit({ client, heading = "h2" }: { client: Client; heading?: "h1" | "h2" }) {
  const { t } = useI18n();
  const save = useSave(client);
  const may = useMay("clients");
  const [name, setName] = useState<string | null>(null);
  const Heading = heading;
  const done = async (event?: FormEvent) => {
    event?.preventDefault();
    const next = name?.trim();
    if (!next || next === client.name) {
      setName(null);
      return;
    }
    if (await save({ name: next })) setName(null);
  };
  if (name === null) {
    return (
      <div className={css.nameLine}>
        <Heading className={css.name}>{client.name || t("client.nameless")}</Heading>
        {may && (
          <ActionIcon size={26} aria-label={t("client.rename")} onClick={() => setName(client.name)}>
            <Icon name="edit" size={15} />
          </ActionIcon>
        )}
      </div>
    );
  }
  return (
    <form onSubmit={(event) => void done(event)} className={css.nameLine}>
      <TextInput
        size="xs"
        autoFocus
        aria-label={t("client.name")}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onBlur={() => void done()}
        onKeyDown={(event) => {
          if (event.key === "Escape") setName(null);
        }}
      />
    </form>
  );
}
