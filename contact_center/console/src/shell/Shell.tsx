import { Suspense, useEffect, useState } from "react";
import { NamesProvider, preferencesOf, useMadeNames, useMay, useMe } from "../api/hooks";
import { ownKeysOf } from "../actions/keymap";
import { ActionsProvider, useActions } from "../actions/registry";
import { adminSections } from "../admin/sections";
import { useI18n } from "../i18n";
import { drafts } from "../inbox/drafts";
import { Inbox } from "../inbox/Inbox";
import { outbox } from "../inbox/outbox";
import { startLive, useTopics } from "../live/connection";
import { linkTo, navigate, usePlace } from "../router";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { Logo } from "../ui/Logo";
import { Bones } from "../ui/states";
import { Banners } from "./Banners";
import { Offers } from "./Offers";
import { watchService } from "./service";
import { TopStrip } from "./TopStrip";
import { useAlerts } from "./useAlerts";
import { WrapUps } from "./WrapUps";
import { Early } from "./Early";
import { lazily } from "../ui/lazily";
import css from "./shell.module.css";

const ClientsPage = lazily(() => import("../clients/ClientsPage"));
const SettingsPage = lazily(() => import("../settings/SettingsPage"));
const AdminPages = lazily(() => import("../admin/AdminPages"));
const Palette = lazily(() => import("./Palette"));
const Help = lazily(() => import("./Help"));

interface RailItem {
  to: string;
  at: string[];
  icon: IconName;
  title: string;
}

function Rail({ items, here }: { items: RailItem[]; here: string }) {
  const { t } = useI18n();
  return (
    <nav className={css.rail} aria-label={t("shell.sections")}>
      <span className={css.logo}>
        <Logo size={32} />
      </span>
      {items.map((item) => (
        <a
          key={item.to}
          {...linkTo(item.to)}
          className={css.railItem}
          aria-current={item.at.includes(here) ? "page" : undefined}
          title={item.title}
        >
          <Icon name={item.icon} size={22} />
          <span className={css.railText}>{item.title}</span>
        </a>
      ))}
    </nav>
  );
}

function Page({ here }: { here: string }) {
  if (here === "clients") return <ClientsPage />;
  if (here === "settings") return <SettingsPage />;
  if (here === "admin") return <AdminPages />;
  return <Inbox />;
}

function Frame() {
  const { t } = useI18n();
  const { parts } = usePlace();
  const here = parts[0] ?? "inbox";
  const [open, setOpen] = useState<"palette" | "help" | null>(null);
  const { permissions } = useMe();
  const supervise = useMay("supervise");
  const work = useMay("work");
  const admin = adminSections.some((section) => permissions.includes(section.permission));
  useTopics(supervise ? "me directory floor" : "me directory");
  useAlerts();

  useActions([
    { id: "palette", icon: "search", run: () => setOpen("palette") },
    { id: "help", icon: "keyboard", run: () => setOpen("help") },
    { id: "go-inbox", icon: "inbox", run: () => navigate("/inbox") },
    work && { id: "go-clients", icon: "clients", run: () => navigate("/clients") },
    { id: "go-settings", icon: "sliders", run: () => navigate("/settings") },
    admin && { id: "go-admin", icon: "settings", run: () => navigate("/admin") },
  ]);

  const items: RailItem[] = [
    { to: "/inbox", at: ["inbox"], icon: "inbox", title: t("nav.inbox") },
    ...(work ? [{ to: "/clients", at: ["clients"], icon: "clients" as const, title: t("nav.clients") }] : []),
    ...(admin ? [{ to: "/admin", at: ["admin"], icon: "settings" as const, title: t("nav.admin") }] : []),
    { to: "/settings", at: ["settings"], icon: "sliders", title: t("nav.settings") },
  ];
  return (
    <div className={css.shell} data-deep={parts.length > 2 || undefined}>
      <a href="#work" className={css.skip}>
        {t("shell.skip")}
      </a>
      <Rail items={items} here={here} />
      <div className={css.body}>
        <TopStrip onPalette={() => setOpen("palette")} onHelp={() => setOpen("help")} />
        <Banners />
        <Offers />
        <WrapUps />
        <main id="work" className={css.work} tabIndex={-1}>
          <Suspense fallback={<Bones rows={8} />}>
            <Page here={here} />
          </Suspense>
        </main>
      </div>
      <Suspense fallback={open === "palette" ? <Early /> : null}>
        {open === "palette" && <Palette onClose={() => setOpen(null)} />}
        {open === "help" && <Help onClose={() => setOpen(null)} />}
      </Suspense>
    </div>
  );
}

export default function Shell() {
  const me = useMe();
  const names = useMadeNames();
  useEffect(() => {
    const stopLive = startLive(me.employee.id);
    const stopService = watchService();
    const leave = () => void drafts.flush(true);
    const heard = (event: StorageEvent) => outbox.heard(event.key, event.newValue);
    addEventListener("pagehide", leave);
    addEventListener("storage", heard);
    return () => {
      stopLive();
      stopService();
      removeEventListener("pagehide", leave);
      removeEventListener("storage", heard);
    };
  }, [me.employee.id]);
  return (
    <ActionsProvider shortcuts={preferencesOf(me).shortcuts !== false} keys={ownKeysOf(me.employee.settings)}>
      <NamesProvider value={names}>
        <Frame />
      </NamesProvider>
    </ActionsProvider>
  );
}
