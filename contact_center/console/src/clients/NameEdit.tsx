import { ActionIcon, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { changeClient } from "../api/acts";
import { queries } from "../api/client";
import { useMay } from "../api/hooks";
import { Problem } from "../api/http";
import { keys } from "../api/keys";
import type { Client } from "../api/types";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import css from "../inbox/client.module.css";

/** The client's name, edited in place. */
export function NameEdit({ client, heading = "h2" }: { client: Client; heading?: "h1" | "h2" }) {
  const { t } = useI18n();
  const text = useProblemText();
  const may = useMay("clients");
  const [name, setName] = useState<string | null>(null);
  const Heading = heading;
  const save = async (event?: FormEvent) => {
    event?.preventDefault();
    const next = name?.trim();
    if (!next || next === client.name) {
      setName(null);
      return;
    }
    try {
      await changeClient(client, { name: next });
      setName(null);
    } catch (error) {
      if (error instanceof Problem && error.status === 409) {
        await queries.invalidateQueries({ queryKey: keys.client(client.id) });
        toast("info", t("client.changed_meanwhile"));
      } else toast("bad", text(error));
    }
  };
  if (name === null) {
    return (
      <div className={css.nameLine}>
        <Heading className={css.name}>{client.name}</Heading>
        {may && (
          <ActionIcon size={26} aria-label={t("client.rename")} onClick={() => setName(client.name)}>
            <Icon name="edit" size={15} />
          </ActionIcon>
        )}
      </div>
    );
  }
  return (
    <form onSubmit={(event) => void save(event)} className={css.nameLine}>
      <TextInput
        size="xs"
        autoFocus
        aria-label={t("client.name")}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key === "Escape") setName(null);
        }}
      />
    </form>
  );
}
