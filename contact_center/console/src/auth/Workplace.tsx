import { Button } from "@mantine/core";
import { useState } from "react";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { CHECKS, type Check, keepOutcomes, keepStart, keptOutcomes, keptStart, type Outcomes, runCheck, type Start, STARTS } from "./checks";
import css from "./auth.module.css";

const ICON: Record<Check, IconName> = { sound: "sound", notices: "bell", microphone: "microphone" };

/** In which state the shift begins; what was chosen last is offered again. */
export function StartState({ value, onChange }: { value: Start; onChange: (start: Start) => void }) {
  const { t } = useI18n();
  return (
    <fieldset className={css.starts}>
      <legend>{t("start.title")}</legend>
      {STARTS.map((one) => (
        <label key={one} className={css.start} data-chosen={one === value || undefined}>
          <input type="radio" name="start" checked={one === value} onChange={() => onChange(one)} />
          <i data-presence={one} />
          {t(`start.${one}`)}
        </label>
      ))}
    </fieldset>
  );
}

export function useStart(): [Start, (start: Start) => void] {
  const [start, setStart] = useState<Start>(keptStart);
  return [
    start,
    (next) => {
      keepStart(next);
      setStart(next);
    },
  ];
}

function CheckRow({ check, outcome, busy, run }: { check: Check; outcome: Outcomes[Check]; busy: boolean; run: () => void }) {
  const { t } = useI18n();
  return (
    <li className={css.check} data-outcome={outcome}>
      <Icon name={ICON[check]} size={18} />
      <span className={css.checkText}>
        {t(`check.${check}`)}
        {outcome && outcome !== "good" && <small>{t(`check.${check}_${outcome}`)}</small>}
      </span>
      {outcome === "good" ? (
        <span className={css.tick}>
          <Icon name="check" size={18} label={t("check.good")} />
        </span>
      ) : (
        <Button size="compact-xs" variant="default" loading={busy} onClick={run}>
          {t(outcome ? "act.retry" : "settings.test")}
          <span className="visually-hidden"> {t(`check.${check}`)}</span>
        </Button>
      )}
    </li>
  );
}

/** Sound, notices and microphone, checked once at this computer; then one line is left of it. */
export function Checks() {
  const { t } = useI18n();
  const [outcomes, setOutcomes] = useState<Outcomes>(keptOutcomes);
  const [busy, setBusy] = useState<Check | null>(null);
  const whole = CHECKS.every((one) => outcomes[one] === "good");
  const [open, setOpen] = useState(!whole);
  const run = async (check: Check) => {
    setBusy(check);
    const outcome = await runCheck(check);
    setOutcomes((held) => {
      const next = { ...held, [check]: outcome };
      keepOutcomes(next);
      return next;
    });
    setBusy(null);
  };
  if (!open) {
    return (
      <p className={css.checked}>
        <Icon name="check" size={16} /> {t("check.all_good")}
        <button type="button" onClick={() => (setOutcomes({}), setOpen(true))}>
          {t("check.again")}
        </button>
      </p>
    );
  }
  return (
    <section className={css.checks} aria-labelledby="checks">
      <h2 id="checks">{t("check.title")}</h2>
      <ul aria-live="polite">
        {CHECKS.map((check) => (
          <CheckRow key={check} check={check} outcome={outcomes[check]} busy={busy === check} run={() => void run(check)} />
        ))}
      </ul>
    </section>
  );
}
