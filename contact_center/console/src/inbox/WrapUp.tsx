import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { wrapUp } from "../api/acts";
import { useMe } from "../api/hooks";
import type { Contact } from "../api/types";
import { useI18n } from "../i18n";
import { ticking } from "../i18n/time";
import { Icon } from "../ui/Icon";
import { useNow } from "../ui/now";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { closingOf, ResultFields, type ResultValue, useCodes } from "./Result";
import css from "./dialogs.module.css";

/** What was chosen and written of a result, by the work it is owed for: it outlasts a look elsewhere. */
const begun = new Map<string, ResultValue>();

/** The work after a closed contact: the time runs, the result is owed. */
export default function WrapUp({ contact }: { contact: Contact }) {
  const { t } = useI18n();
  const text = useProblemText();
  const { required } = useCodes(contact);
  const key = `${useMe().employee.id} ${contact.work?.id}`;
  const [value, setValue] = useState<ResultValue>(begun.get(key) ?? { code: contact.result_code_id, kind: contact.kind_id, note: "" });
  const change = (next: ResultValue) => {
    begun.set(key, next);
    setValue(next);
  };
  const [busy, setBusy] = useState<"done" | "more" | null>(null);
  const until = contact.work?.wrap_up_until ? Date.parse(contact.work.wrap_up_until) : null;
  const now = useNow(1000);
  const left = until === null ? null : Math.max(0, until - now);
  const [whole, setWhole] = useState({ until, ms: left ?? 0 });
  if (whole.until !== until) setWhole({ until, ms: left ?? 0 });

  const over = left === 0;
  const { name } = contact.client;
  useEffect(() => {
    if (over) toast("info", t("wrap_up.over", { name }));
  }, [over, name, t]);

  const run = async (what: "done" | "more") => {
    setBusy(what);
    try {
      await wrapUp(contact.id, what === "more" ? { extend: true } : closingOf(value));
      if (what === "done") {
        begun.delete(key);
        toast("good", t("wrap_up.kept"));
      }
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <section className={css.wrapUp} aria-label={t("wrap_up.title")}>
      <header>
        <Icon name="flag" size={17} />
        <b>{t("wrap_up.title")}</b>
        <span className={css.push} />
        {left !== null && (
          <>
            <span className={`${css.left} tabular`} data-late={left < 15_000 || undefined} role="timer">
              {ticking(left + 999)}
            </span>
            <Button size="compact-xs" variant="default" loading={busy === "more"} title={t("wrap_up.more_long")} onClick={() => void run("more")}>
              {t("wrap_up.more")}
            </Button>
          </>
        )}
      </header>
      {left !== null && (
        <div className={css.bar} data-late={left < 15_000 || undefined}>
          <i style={{ transform: `scaleX(${whole.ms ? Math.min(1, left / whole.ms) : 0})` }} />
        </div>
      )}
      <div className={css.wrapBody}>
        <ResultFields contact={contact} value={value} onChange={change} />
        <Button disabled={required && !value.code} loading={busy === "done"} onClick={() => void run("done")} leftSection={<Icon name="check" size={16} />}>
          {t("wrap_up.done")}
        </Button>
      </div>
    </section>
  );
}
