import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { preferencesOf, useMay, useMe, useOffers } from "../api/hooks";
import { get } from "../api/http";
import { useI18n } from "../i18n";
import { lasting } from "../i18n/time";
import { useRefused } from "../inbox/outbox";
import { live, useLiveState } from "../live/connection";
import { navigate } from "../router";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { useOwnNow } from "../ui/now";
import { useStore } from "../ui/store";
import { setPresence } from "../api/acts";
import { soundBlocked, unlockSound } from "./alerts";
import { awaySince } from "./service";
import css from "./shell.module.css";

function Banner({ tone, icon, children, act }: { tone: "bad" | "warn"; icon: IconName; children: ReactNode; act?: { label: string; run: () => void } }) {
  return (
    <div className={css.banner} data-tone={tone} role="status">
      <Icon name={icon} size={17} />
      <span>{children}</span>
      {act && (
        <Button size="compact-xs" variant="default" onClick={act.run}>
          {act.label}
        </Button>
      )}
    </div>
  );
}

/** Connections that do not work, for who can do something about them; gone when they do. */
function Ailing() {
  const { t, locale } = useI18n();
  const { data } = useQuery({
    queryKey: ["admin", "ailing", locale],
    queryFn: async () => {
      const { items } = await get("/accounts/ailing");
      if (!items.length) return items;
      const reasons = await import("../talk/reasons").catch(() => null); // gone after an update
      return items.map((one) => ({ ...one, health_text: reasons?.reasonIn(locale, one.health_text ?? "") ?? one.health_text }));
    },
    refetchInterval: 60_000,
  });
  const first = data?.[0];
  if (!first) return null;
  return (
    <Banner tone="bad" icon="plug" act={{ label: t("banner.ailing_act"), run: () => navigate(`/admin/accounts/${first.id}/health`) }}>
      {t("banner.ailing", { title: first.title, words: first.health_text, more: data.length - 1 })}
    </Banner>
  );
}

/** What was refused after the operator had gone on: somebody was not answered. */
function NotSent() {
  const { t, maybe } = useI18n();
  const refused = useRefused();
  const first = refused[0];
  if (!first) return null;
  const reason = maybe(`problem.${first.reason}`) ?? first.reason ?? "";
  return (
    <Banner tone="bad" icon="warning" act={{ label: t("banner.not_sent_act"), run: () => navigate(`/inbox/all/${first.contact}`) }}>
      {t("banner.not_sent", { name: first.client || t("client.visitor"), reason, more: refused.length - 1 })}
    </Banner>
  );
}

export function Banners() {
  const i18n = useI18n();
  const { t } = i18n;
  const state = useLiveState();
  const away = useStore(awaySince);
  const blocked = useStore(soundBlocked);
  const { data: offers } = useOffers();
  const me = useMe();
  const now = useOwnNow();
  const supervise = useMay("supervise");
  return (
    <div className={css.banners}>
      {away !== null && (
        <Banner tone="bad" icon="database">
          {t("banner.away", { age: lasting(i18n, now - away) })}
        </Banner>
      )}
      {state.phase === "offline" && away === null && (
        <Banner tone="bad" icon="wifiOff" act={{ label: t("act.retry_now"), run: () => live.now() }}>
          {t("banner.offline", { age: lasting(i18n, now - state.since) })}
        </Banner>
      )}
      {blocked && preferencesOf(me).sounds?.offer !== false && ((offers?.length ?? 0) > 0 || me.presence === "ready") && (
        <Banner tone="bad" icon="soundOff" act={{ label: t("act.allow_sound"), run: () => void unlockSound() }}>
          {t("banner.sound")}
        </Banner>
      )}
      <NotSent />
      {supervise && <Ailing />}
      {me.presence === "not_answering" && (
        <Banner tone="warn" icon="warning" act={{ label: t("act.ready"), run: () => void setPresence("ready").catch(() => {}) }}>
          {t("banner.not_answering")}
        </Banner>
      )}
    </div>
  );
}
