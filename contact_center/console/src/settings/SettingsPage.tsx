import { Button, SegmentedControl, Slider, Switch, useMantineColorScheme } from "@mantine/core";
import "@mantine/core/styles/SegmentedControl.css";
import "@mantine/core/styles/FloatingIndicator.css";
import "@mantine/core/styles/Slider.css";
import "@mantine/core/styles/Switch.css";
import { type ReactNode, useEffect, useState } from "react";
import { changeMe } from "../api/acts";
import { preferencesOf, useMe } from "../api/hooks";
import type { Settings } from "../api/types";
import { useI18n } from "../i18n";
import { usePlace } from "../router";
import { play, unlockSound } from "../shell/alerts";
import { notice } from "../shell/notices";
import { Icon } from "../ui/Icon";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { Keyboard } from "./Keyboard";
import css from "./settings.module.css";

function Line({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <div className={css.line}>
      <div>
        <b>{title}</b>
        {text && <p>{text}</p>}
      </div>
      <div className={css.control}>{children}</div>
    </div>
  );
}

function useSettings(): [Settings, (change: Settings) => void] {
  const me = useMe();
  const text = useProblemText();
  const settings = preferencesOf(me);
  return [
    settings,
    (change) => {
      changeMe({ settings: { ...settings, ...change } }).catch((error: unknown) => toast("bad", text(error)));
    },
  ];
}

function Notices({ settings, change }: { settings: Settings; change: (change: Settings) => void }) {
  const { t } = useI18n();
  const known = typeof Notification !== "undefined";
  const [permission, setPermission] = useState(known ? Notification.permission : "denied");
  const test = async () => {
    const answer = permission === "default" ? await Notification.requestPermission() : permission;
    setPermission(answer);
    if (answer === "granted") notice(t("notice.test"), t("notice.test_text"), "test", { open: () => {} });
  };
  return (
    <>
      <Line title={t("settings.notices")} text={t(`settings.notices_${permission as "granted"}`)}>
        <Switch aria-label={t("settings.notices")} checked={settings.notices !== false} onChange={(event) => change({ notices: event.currentTarget.checked })} />
      </Line>
      <Line title={t("settings.notices_test")} text={t("settings.notices_test_text")}>
        <Button variant="default" disabled={!known || permission === "denied"} onClick={() => void test()} leftSection={<Icon name="bell" size={16} />}>
          {t(permission === "default" ? "settings.allow" : "settings.test")}
        </Button>
      </Line>
    </>
  );
}

function Sounds({ settings, change }: { settings: Settings; change: (change: Settings) => void }) {
  const { t } = useI18n();
  const sounds = settings.sounds ?? {};
  const [volume, setVolume] = useState(Math.round((sounds.volume ?? 0.7) * 100));
  const set = (next: NonNullable<Settings["sounds"]>) => change({ sounds: { ...sounds, ...next } });
  const test = async (name: "offer" | "message") => {
    await unlockSound();
    play(name, volume / 100);
  };
  return (
    <section className={css.group} aria-labelledby="sounds">
      <h2 id="sounds">{t("settings.sounds")}</h2>
      <Line title={t("settings.sound_offer")} text={t("settings.sound_offer_text")}>
        <Button variant="subtle" size="xs" onClick={() => void test("offer")}>
          {t("settings.listen")}
        </Button>
        <Switch aria-label={t("settings.sound_offer")} checked={sounds.offer !== false} onChange={(event) => set({ offer: event.currentTarget.checked })} />
      </Line>
      <Line title={t("settings.sound_message")}>
        <Button variant="subtle" size="xs" onClick={() => void test("message")}>
          {t("settings.listen")}
        </Button>
        <Switch aria-label={t("settings.sound_message")} checked={sounds.message !== false} onChange={(event) => set({ message: event.currentTarget.checked })} />
      </Line>
      <Line title={t("settings.quiet")} text={t("settings.quiet_text")}>
        <Switch aria-label={t("settings.quiet")} checked={sounds.quiet_when_focused !== false} onChange={(event) => set({ quiet_when_focused: event.currentTarget.checked })} />
      </Line>
      <Line title={t("settings.volume")}>
        <Slider thumbLabel={t("settings.volume")} w={180} value={volume} onChange={setVolume} onChangeEnd={(value) => set({ volume: value / 100 })} label={(value) => `${value} %`} />
      </Line>
    </section>
  );
}

/** "/settings?part=keyboard" begins where it says. */
function useBeginAt(): void {
  const { query } = usePlace();
  const part = query.get("part");
  useEffect(() => {
    if (part) document.getElementById(`part-${part}`)?.scrollIntoView();
  }, [part]);
}

export default function SettingsPage() {
  useBeginAt();
  const { t, locale, setLocale } = useI18n();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [settings, change] = useSettings();
  const options = <T extends string>(values: readonly T[], key: (value: T) => string) => values.map((value) => ({ value, label: key(value) }));
  return (
    // A scrolling area must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={css.page} tabIndex={0} role="region" aria-label={t("nav.settings")}>
      <div className={css.body}>
        <h1>{t("nav.settings")}</h1>
        <section className={css.group} aria-labelledby="looks">
          <h2 id="looks">{t("settings.looks")}</h2>
          <Line title={t("settings.language")}>
            <SegmentedControl aria-label={t("settings.language")} value={locale} onChange={(value) => setLocale(value as "ru" | "en")} data={[{ value: "ru", label: "Русский" }, { value: "en", label: "English" }]} />
          </Line>
          <Line title={t("settings.theme")}>
            <SegmentedControl
              aria-label={t("settings.theme")}
              value={colorScheme}
              onChange={(value) => {
                setColorScheme(value as "auto");
                change({ theme: value as "auto" });
              }}
              data={options(["auto", "light", "dark"] as const, (value) => t(`theme.${value}`))}
            />
          </Line>
          <Line title={t("settings.density")} text={t("settings.density_text")}>
            <SegmentedControl aria-label={t("settings.density")} value={settings.density ?? "comfortable"} onChange={(value) => change({ density: value as "compact" })} data={options(["comfortable", "compact"] as const, (value) => t(`density.${value}`))} />
          </Line>
        </section>
        <Sounds settings={settings} change={change} />
        <section className={css.group} aria-labelledby="notices">
          <h2 id="notices">{t("settings.notices_title")}</h2>
          <Notices settings={settings} change={change} />
        </section>
        <Keyboard settings={settings} change={change} />
      </div>
    </div>
  );
}
