/** The states every list has beside its items: loading, empty, failed. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem } from "../api/http";
import { useI18n } from "../i18n";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import css from "./states.module.css";

export function Bones({ rows, kind = "row" }: { rows: number; kind?: "row" | "line" | "bubble" }) {
  const { t } = useI18n();
  return (
    <div className={css.bones} data-kind={kind} role="status" aria-label={t("state.loading")}>
      {Array.from({ length: rows }, (_, at) => (
        <div key={at} className={css.bone} data-odd={at % 3 === 1 || undefined}>
          {kind === "row" && <i className={css.disc} />}
          <span>
            <i style={{ width: `${[62, 45, 71, 54][at % 4]}%` }} />
            {kind !== "bubble" && <i style={{ width: `${[88, 76, 64, 92][at % 4]}%` }} />}
          </span>
        </div>
      ))}
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  text?: string;
  action?: ReactNode;
  small?: boolean;
}

export function Empty({ icon, title, text, action, small }: EmptyProps) {
  return (
    <div className={css.empty} data-small={small || undefined}>
      <span className={css.halo}>
        <Icon name={icon} size={small ? 20 : 26} />
      </span>
      <p className={css.title}>{title}</p>
      {text && <p className={css.text}>{text}</p>}
      {action}
    </div>
  );
}

export function useProblemText(): (error: unknown) => string {
  const i18n = useI18n();
  return (error) => {
    if (!(error instanceof Problem)) return String(error);
    if (error.status === 0) return i18n.t("problem.network");
    if (error.status === 429) {
      return i18n.t("problem.too_many", { n: Math.ceil(Number(error.body.retry_after ?? 60)) });
    }
    const worded = i18n.maybe(`problem.${error.code}`);
    if (worded) return worded;
    return error.message && error.message !== error.code ? error.message : i18n.t("problem.other", { code: error.code || error.status });
  };
}

export function Failed({ error, retry, small }: { error: unknown; retry: () => void; small?: boolean }) {
  const { t } = useI18n();
  const text = useProblemText();
  return (
    <Empty
      icon="warning"
      title={t("state.failed")}
      text={text(error)}
      small={small}
      action={
        <Button variant="default" size="xs" onClick={retry} leftSection={<Icon name="refresh" size={15} />}>
          {t("act.retry")}
        </Button>
      }
    />
  );
}
