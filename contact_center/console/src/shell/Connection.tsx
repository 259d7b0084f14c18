import { Tooltip, UnstyledButton } from "@mantine/core";
import { useI18n } from "../i18n";
import { lasting } from "../i18n/time";
import { live, useLiveState } from "../live/connection";
import { useOwnNow } from "../ui/now";
import { useStore } from "../ui/store";
import { awaySince } from "./service";
import css from "./shell.module.css";

/** What the data on the screen is worth: live, being renewed, or as old as it says. */
export function Connection() {
  const i18n = useI18n();
  const { t } = i18n;
  const state = useLiveState();
  const away = useStore(awaySince);
  const now = useOwnNow();
  const shown = away !== null && state.phase === "live" ? "away" : state.phase;
  const age = lasting(i18n, now - (shown === "away" ? (away ?? 0) : state.since));
  const words = {
    live: t("live.live"),
    connecting: t("live.connecting"),
    reconnecting: t("live.reconnecting", { age }),
    offline: t("live.offline", { age }),
    away: t("live.away", { age }),
  }[shown];
  const hint = state.via === "poll" && shown === "live" ? t("live.poll_hint") : t(`live.${shown}_hint`);
  return (
    <Tooltip label={hint} multiline w={240}>
      <UnstyledButton className={css.connection} data-phase={shown} onClick={() => live.now()} aria-label={`${words}. ${hint}`}>
        <span className={css.presenceDot} />
        <span className={`${css.connectionText} tabular`}>{words}</span>
      </UnstyledButton>
    </Tooltip>
  );
}
