import { Menu, Tooltip, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { post } from "../api/http";
import { changeMe } from "../api/acts";
import { preferencesOf, useMe } from "../api/hooks";
import { useI18n } from "../i18n";
import { drafts } from "../inbox/drafts";
import { outbox } from "../inbox/outbox";
import { navigate } from "../router";
import { Avatar } from "../ui/Avatar";
import { KeyCaps } from "../ui/KeyCaps";
import { Icon } from "../ui/Icon";
import { Connection } from "./Connection";
import { depart } from "./person";
import { Presence } from "./Presence";
import css from "./shell.module.css";

/** As long as saving drafts may hold up who wants to go. */
const LAST_MOMENT = 3000;

async function signOut(ask: (n: number) => string): Promise<void> {
  if (outbox.size && !confirm(ask(outbox.size))) return;
  await Promise.race([drafts.flush(), new Promise((done) => setTimeout(done, LAST_MOMENT))]);
  await post("/auth/sign-out").catch(() => {});
  depart();
}

const THEMES = ["auto", "light", "dark"] as const;
const THEME_ICON = { auto: "sliders", light: "sun", dark: "moon" } as const;

function PersonMenu({ onHelp }: { onHelp: () => void }) {
  const { t, maybe, locale, setLocale } = useI18n();
  const me = useMe();
  const { setColorScheme, colorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <UnstyledButton className={css.person} aria-label={t("shell.person_menu")}>
          <Avatar id={me.employee.id} name={me.employee.name} size={30} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={css.personHead}>
          <b>{me.employee.name}</b>
          <span>{maybe(`role.${me.employee.role}`) ?? me.employee.role} · {me.workspace.name}</span>
        </div>
        <Menu.Divider />
        {THEMES.map((name) => (
          <Menu.Item
            key={name}
            leftSection={<Icon name={THEME_ICON[name]} size={16} />}
            rightSection={colorScheme === name ? <Icon name="check" size={16} /> : null}
            closeMenuOnClick={false}
            onClick={() => {
              setColorScheme(name);
              void changeMe({ settings: { ...preferencesOf(me), theme: name } }).catch(() => {});
            }}
          >
            {t(`theme.${name}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="globe" size={16} />} onClick={() => setLocale(locale === "ru" ? "en" : "ru")}>
          {locale === "ru" ? "English" : "Русский"}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="sliders" size={16} />} onClick={() => navigate("/settings")}>
          {t("nav.settings")}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="keyboard" size={16} />} onClick={onHelp}>
          {t("act.help")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="logout" size={16} />} onClick={() => void signOut((n) => t("shell.unsent", { n }))}>
          {t("act.sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function TopStrip({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }) {
  const { t } = useI18n();
  const me = useMe();
  return (
    <header className={css.strip}>
      <Presence />
      <button type="button" className={css.find} onClick={onPalette}>
        <Icon name="search" size={16} />
        <span className="ellipsis">{t("shell.find")}</span>
        <KeyCaps id="palette" />
      </button>
      <span className={css.push} />
      {me.demo && (
        <Tooltip label={t("shell.demo_text")} multiline w={260}>
          <span className={css.demo}>{t("shell.demo")}</span>
        </Tooltip>
      )}
      <Connection />
      <PersonMenu onHelp={onHelp} />
    </header>
  );
}
