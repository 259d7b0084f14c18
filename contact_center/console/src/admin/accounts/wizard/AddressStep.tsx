/** Where the provider calls us: told by ourselves where it has an interface for that, else by hand. */
import { Button } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Connection, ProviderInfo } from "../../../api/types";
import { titled } from "../../../i18n";
import { reasonIn } from "../../../talk/reasons";
import { Icon } from "../../../ui/Icon";
import { CopyField } from "../../kit/parts";
import { actOnRecord } from "../../kit/useRecords";
import { useProblemWords } from "../../kit/useProblemWords";
import { useWords } from "../../texts";
import { Consent } from "../Consent";
import { HookGuide } from "../HookGuide";
import css from "./wizard.module.css";

interface AddressProps {
  provider: ProviderInfo;
  account: Connection;
  onBack: () => void;
  onDone: () => void;
}

type Outcome = { health: Connection["health"]; words: string | null } | { problem: unknown } | null;

export function AddressStep({ provider, account, onBack, onDone }: AddressProps) {
  const { w, locale } = useWords();
  const text = useProblemWords();
  const [outcome, setOutcome] = useState<Outcome>(null);
  const [busy, setBusy] = useState(false);
  const begun = useRef(false);
  const { id, webhook_url, embed_snippet, page_url } = account;
  const installs = Boolean(provider.capabilities.installs_webhook) && Boolean(webhook_url);
  const name = titled(provider.title, locale);
  const register = useCallback(async () => {
    setBusy(true);
    try {
      const { health, health_text } = await actOnRecord("/accounts/{id}/check", id);
      setOutcome({ health, words: health_text });
    } catch (problem) {
      setOutcome({ problem });
    } finally {
      setBusy(false);
    }
  }, [id]);
  useEffect(() => {
    if (!begun.current) void register();
    begun.current = true;
  }, [register]);
  const health = outcome && "health" in outcome ? outcome.health : "red";
  const tone = outcome ? ({ green: "good", yellow: "warn", red: "bad", unknown: "none" } as const)[health] : "none";
  return (
    <div className={css.fields}>
      {webhook_url && <CopyField label={w("accounts.webhook")} text={w(installs ? "wizard.told_by_us" : "wizard.tell_by_hand", { name })} value={webhook_url} />}
      {webhook_url && <HookGuide account={account} />}
      {embed_snippet && <CopyField label={w("accounts.snippet")} text={w("accounts.snippet_text")} value={embed_snippet} />}
      {page_url && <CopyField label={w("accounts.page")} value={page_url} />}
      {!webhook_url && !embed_snippet && <p className={css.hint}>{w("wizard.nothing_to_tell", { name })}</p>}
      {Boolean(provider.capabilities.authorizes) && <Consent account={account} unsaved={false} />}
      <div role="status" className={css.word} data-tone={tone}>
        <Icon name={busy || !outcome ? "clock" : tone === "good" ? "check" : "warning"} size={18} />
        <div>
          <p>
            <b>{busy || !outcome ? w(installs ? "wizard.registering" : "wizard.asking", { name }) : "problem" in outcome ? text(outcome.problem) : w(`wizard_address.${installs ? "installs_" : ""}${tone === "good" ? "good" : "bad"}`, { name })}</b>
          </p>
          {!busy && outcome && "words" in outcome && outcome.words && (
            <>
              <q>{reasonIn(locale, outcome.words)}</q>
              {webhook_url && <p>{w("wizard.address_text")}</p>}
            </>
          )}
          {!busy && outcome && (
            <Button size="compact-sm" variant="default" onClick={() => void register()} leftSection={<Icon name="refresh" size={14} />}>
              {w(installs ? "wizard.register_again" : "wizard.ask_again")}
            </Button>
          )}
        </div>
      </div>
      <footer className={css.acts}>
        <Button variant="default" onClick={onBack}>
          {w("wizard.back")}
        </Button>
        <Button onClick={onDone} variant={tone === "good" ? "filled" : "light"} disabled={busy}>
          {w("wizard.to_trial")}
        </Button>
      </footer>
    </div>
  );
}
