/** The live test: an administrator writes from a phone, and four ticks come by themselves. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get, patch } from "../../../api/http";
import { queries } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { Connection, ProviderInfo, Trial } from "../../../api/types";
import { titled } from "../../../i18n";
import { clock } from "../../../i18n/time";
import { linkTo, navigate } from "../../../router";
import { reasonIn } from "../../../talk/reasons";
import { Icon } from "../../../ui/Icon";
import { toast } from "../../../ui/toasts";
import { useProblemWords } from "../../kit/useProblemWords";
import { actOnRecord } from "../../kit/useRecords";
import { useWords } from "../../texts";
import css from "./wizard.module.css";

const TICKS = ["received", "proven", "stored", "answered"] as const;
type Tick = (typeof TICKS)[number];
/** At which step a fault stands. */
const STANDS: Record<NonNullable<Trial["fault"]>, Tick> = { refused: "proven", unreadable: "stored", not_stored: "stored", not_sent: "answered", uncertain: "answered" };

export function TrialStep({ provider, account, onBack }: { provider: ProviderInfo; account: Connection; onBack: () => void }) {
  const i18n = useWords();
  const { w, locale } = i18n;
  const text = useProblemWords();
  const [busy, setBusy] = useState(false);
  const { id, page_url } = account;
  const trial = useQuery({
    queryKey: ["admin", "trial", id],
    queryFn: async () => (await get("/accounts/{id}/trial", { path: { id } })) ?? null,
    staleTime: 0,
    // The live connection tells; this is for when it is away.
    refetchInterval: (query) => (query.state.data?.answered_at ? false : 10_000),
  });
  const told = useQuery({ queryKey: ["provider-report", id], queryFn: () => get("/accounts/{id}/report", { path: { id } }), staleTime: 60_000 });
  const begun = useRef(false);
  const begin = async () => {
    try {
      await actOnRecord("/accounts/{id}/trial", id);
    } catch (error) {
      toast("bad", text(error));
    }
  };
  useEffect(() => {
    if (trial.data === null && !begun.current) {
      begun.current = true;
      void begin();
    }
  });
  const open = async () => {
    setBusy(true);
    try {
      const { version } = await get("/accounts/{id}", { path: { id } });
      await patch("/accounts/{id}", { path: { id }, body: { state: "on" }, version });
      await queries.invalidateQueries({ queryKey: ["admin"] });
      void queries.invalidateQueries({ queryKey: keys.directory });
      toast("good", w("wizard.opened"));
      navigate(`/admin/accounts/${id}/health`);
    } catch (error) {
      toast("bad", text(error));
      setBusy(false);
    }
  };
  const data = trial.data;
  const done = Boolean(data?.answered_at);
  const who = told.data?.name || account.title;
  return (
    <div className={css.fields}>
      <p className={css.lead}>
        {page_url ? w("wizard.write_page") : w("wizard.write_to", { who, name: titled(provider.title, locale) })}{" "}
        {page_url && (
          <a href={page_url} target="_blank" rel="noreferrer">
            {page_url.replace(/^https?:\/\//, "")}
          </a>
        )}
      </p>
      <ol className={css.ticks} aria-label={w("wizard.ticks")} aria-live="polite">
        {TICKS.map((tick) => {
          const at = data?.[`${tick}_at`];
          const fault = data?.fault && STANDS[data.fault] === tick ? data.fault : null;
          return (
            <li key={tick} data-state={fault ? "bad" : at ? "good" : "wait"}>
              <span className={css.disc}>{fault ? <Icon name="close" size={16} /> : at ? <Icon name="check" size={16} /> : null}</span>
              <div>
                <b>{w(`tick.${tick}`)}</b> <small>{at && !fault ? clock(i18n, at) : data && !fault && w("tick.waits")}</small>
                {fault && (
                  <>
                    <p>{w(`tick_fault.${fault}`)}</p>
                    {data?.words && <q>{reasonIn(locale, data.words)}</q>}
                    {data?.quarantine_id && <a {...linkTo(`/admin/quarantine/${data.quarantine_id}`)}>{w("wizard.see_request")}</a>}
                  </>
                )}
              </div>
            </li>
          );
        })}
      </ol>
      {done && (
        <p className={css.word} data-tone="good">
          <Icon name="check" size={18} />
          <span>{w("wizard.works")}</span>
        </p>
      )}
      <footer className={css.acts}>
        <Button variant="default" onClick={onBack}>
          {w("wizard.back")}
        </Button>
        <Button variant="default" onClick={() => void begin()} leftSection={<Icon name="refresh" size={15} />}>
          {w("wizard.begin_again")}
        </Button>
        <Button loading={busy} variant={done ? "filled" : "light"} onClick={() => void open()}>
          {w(done ? "wizard.open" : "wizard.open_untried")}
        </Button>
      </footer>
    </div>
  );
}
