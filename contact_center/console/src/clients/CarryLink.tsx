/** A link by which this client goes on talking elsewhere: whoever follows it is taken for him, once. */
import { Button, Select } from "@mantine/core";
import { Suspense, useState } from "react";
import { post } from "../api/http";
import type { Account, Client } from "../api/types";
import { full } from "../i18n/time";
import { useI18n } from "../i18n";
import { useTalkWords } from "../talk/texts";
import { copyText } from "../ui/copy";
import { Icon } from "../ui/Icon";
import { lazily } from "../ui/lazily";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import css from "./fields.module.css";

const Qr = lazily(() => import("../ui/Qr"));

interface LinkProps {
  client: Client;
  accounts: Account[];
  onDone: () => void;
}

export default function CarryLink({ client, accounts, onDone }: LinkProps) {
  const i18n = useI18n();
  const { w } = useTalkWords();
  const text = useProblemText();
  const [chosen, setChosen] = useState(accounts[0]?.id ?? null);
  const [link, setLink] = useState<{ url: string; expires_at: string | null } | null>(null);
  const [busy, setBusy] = useState(false);
  const [coded, setCoded] = useState(false);
  const make = async () => {
    if (!chosen) return;
    setBusy(true);
    try {
      setLink(await post("/clients/{id}/start-links", { path: { id: client.id }, body: { account_id: chosen } }));
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(false);
    }
  };
  const copy = async () => {
    if (link && (await copyText(link.url))) toast("good", w("carry.copied"));
    else toast("bad", w("carry.not_copied"));
  };
  return (
    <div className={css.form}>
      <p className={css.hint}>{w("carry.text")}</p>
      {accounts.length > 1 && !link && <Select size="xs" allowDeselect={false} aria-label={w("carry.where")} data={accounts.map((one) => ({ value: one.id, label: one.title }))} value={chosen} onChange={setChosen} />}
      {link && (
        <>
          <code className={css.link}>{link.url}</code>
          {link.expires_at && <p className={css.hint}>{w("carry.until", { at: full(i18n, link.expires_at) })}</p>}
          {coded && (
            <Suspense fallback={null}>
              <Qr value={link.url} label={w("carry.code")} />
            </Suspense>
          )}
        </>
      )}
      <span className={css.acts}>
        <Button size="compact-xs" variant="default" onClick={onDone}>
          {i18n.t("act.dismiss")}
        </Button>
        {link ? (
          <>
            <Button size="compact-xs" variant="default" aria-expanded={coded} onClick={() => setCoded(!coded)}>
              {w("carry.code")}
            </Button>
            <Button size="compact-xs" onClick={() => void copy()} leftSection={<Icon name="copy" size={13} />}>
              {w("carry.copy")}
            </Button>
          </>
        ) : (
          <Button size="compact-xs" loading={busy} onClick={() => void make()}>
            {w("carry.make")}
          </Button>
        )}
      </span>
    </div>
  );
}
