import { Button } from "@mantine/core";
import { useWrapUps } from "../api/hooks";
import type { ContactRow } from "../api/types";
import { named, useI18n } from "../i18n";
import { ticking } from "../i18n/time";
import { navigate, usePlace } from "../router";
import { Icon } from "../ui/Icon";
import { useNow } from "../ui/now";
import css from "./shell.module.css";

function One({ row }: { row: ContactRow }) {
  const { t } = useI18n();
  const now = useNow(1000);
  const until = row.work?.wrap_up_until;
  const left = until ? Date.parse(until) - now : null;
  if (left !== null && left <= 0) return null;
  return (
    <div className={css.banner} data-tone="warn">
      <Icon name="flag" size={16} />
      <span className="ellipsis">{t("wrap_up.owed", { name: named(row.client, t) })}</span>
      {left !== null && <b className="tabular">{ticking(left + 999)}</b>}
      <Button size="compact-xs" variant="default" onClick={() => navigate(`/inbox/closed/${row.id}`)}>
        {t("wrap_up.open")}
      </Button>
    </div>
  );
}

/** What still wants a result, wherever one has gone meanwhile. */
export function WrapUps() {
  const rows = useWrapUps();
  const { parts } = usePlace();
  return rows.filter((row) => row.id !== parts[2]).map((row) => <One key={row.id} row={row} />);
}
