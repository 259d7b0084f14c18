/** Whether somebody has agreed, at the provider, that the account acts for him; and asking for it. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useMay } from "../../api/hooks";
import { get } from "../../api/http";
import type { Connection } from "../../api/types";
import { full } from "../../i18n/time";
import { navigate, usePlace } from "../../router";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/toasts";
import { CopyField, Group, Tag } from "../kit/parts";
import { useProblemWords } from "../kit/useProblemWords";
import { actOnRecord } from "../kit/useRecords";
import { useWords } from "../texts";
import css from "./accounts.module.css";

/** The service sends the browser back here with how it ended: said once, then gone from the address. */
export function useConsentNews(): void {
  const { w, maybeWord } = useWords();
  const { path, query } = usePlace();
  const outcome = query.get("authorization");
  useEffect(() => {
    if (!outcome) return;
    toast(outcome === "granted" ? "good" : "bad", maybeWord(`consent.told_${outcome}`) ?? w("consent.told_unknown"));
    navigate(path, { replace: true });
  }, [outcome, path, w, maybeWord]);
}

interface ConsentProps {
  account: Connection;
  /** What is typed and not saved would be lost on the way to the provider and back. */
  unsaved: boolean;
}

export function Consent({ account, unsaved }: ConsentProps) {
  const i18n = useWords();
  const { w } = i18n;
  const may = useMay("administer");
  const text = useProblemWords();
  const [busy, setBusy] = useState(false);
  const { data: told } = useQuery({
    queryKey: ["admin", "authorization", account.id, account.version],
    queryFn: async () => (await get("/accounts/{id}/authorization", { path: { id: account.id } })) ?? null,
  });
  if (!told) return null;
  const name = told.authority;
  const connect = async () => {
    setBusy(true);
    try {
      const { url } = await actOnRecord("/accounts/{id}/authorization", account.id);
      globalThis.location.assign(url);
    } catch (error) {
      toast("bad", text(error));
      setBusy(false);
    }
  };
  return (
    <Group title={w("consent.title", { name })}>
      <div className={css.consent}>
        <Tag tone={told.connected ? "good" : "warn"} icon={told.connected ? "lock" : "warning"}>
          {told.connected ? w("consent.connected") : w("consent.not_connected")}
        </Tag>
        <p>{told.connected ? told.connected_at && w("consent.since", { at: full(i18n, told.connected_at) }) : w("consent.who", { name })}</p>
        {may && !account.archived_at && (
          <Button size="xs" variant={told.connected ? "default" : "filled"} loading={busy} disabled={unsaved} onClick={() => void connect()} leftSection={<Icon name="plug" size={15} />}>
            {told.connected ? w("consent.again", { name }) : w("consent.connect", { name })}
          </Button>
        )}
      </div>
      {unsaved && may && <p>{w("consent.save_first")}</p>}
      {told.refused && told.refused_at && (
        <p className={css.fault} role="status">
          {w("consent.refused", { at: full(i18n, told.refused_at) })} {told.refused}
        </p>
      )}
      <CopyField label={w("consent.redirect")} text={w("consent.redirect_text", { name })} value={told.redirect_uri} />
    </Group>
  );
}
