import { Button, Menu, UnstyledButton } from "@mantine/core";
import { Suspense, useState } from "react";
import { setPresence } from "../api/acts";
import { useDirectory, useMay, useMe, useNames } from "../api/hooks";
import { useActions } from "../actions/registry";
import { titled, useI18n } from "../i18n";
import { running } from "../i18n/time";
import { Icon } from "../ui/Icon";
import { lazily } from "../ui/lazily";
import { useNow } from "../ui/now";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import css from "./shell.module.css";

const IdleDialog = lazily(() => import("./IdleDialog"));

function Timer({ since }: { since: string | null }) {
  const i18n = useI18n();
  const now = useNow(1000);
  if (!since) return null;
  return <span className={`${css.timer} tabular`}>{running(i18n, now - Date.parse(since))}</span>;
}

export function Presence() {
  const { t, locale } = useI18n();
  const me = useMe();
  const work = useMay("work");
  const text = useProblemText();
  const { data: directory } = useDirectory();
  const { breaks } = useNames();
  const [after, setAfter] = useState(false);
  const [asking, setAsking] = useState(false);

  const change = (presence: "ready" | "break" | "offline", reason?: string) => {
    setPresence(presence, reason, presence !== "ready" && after).catch((error: unknown) => toast("bad", text(error)));
    setAfter(false);
  };
  useActions([
    work && { id: "ready", title: "act.ready", group: "me", icon: "check", run: () => change("ready") },
    work && { id: "break", title: "act.break", group: "me", icon: "coffee", run: () => change("break", directory?.break_reasons[0]?.code) },
    work && { id: "offline", title: "act.offline", group: "me", icon: "wifiOff", run: () => change("offline") },
    work && { id: "why_idle", title: "act.why_idle", group: "me", icon: "question", run: () => setAsking(true) },
  ]);
  if (!work) return null;

  const reason = me.presence === "break" && me.presence_reason ? breaks.get(me.presence_reason) : undefined;
  const name = reason ? titled(reason.title, locale) : t(`presence.${me.presence}`);
  return (
    <>
      <Menu position="bottom-start" width={270}>
        <Menu.Target>
          <UnstyledButton className={css.presence} data-presence={me.presence}>
            <span className="visually-hidden">{t("presence.control")}</span>
            <span className={css.presenceDot} />
            <span className="ellipsis">{name}</span>
            <Timer since={me.presence_since} />
            {me.presence_next && <span className={css.next}>→ {t(`presence.${me.presence_next as "break" | "offline"}`)}</span>}
            <Icon name="chevronDown" size={14} />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<i className={css.dot} data-presence="ready" />} onClick={() => change("ready")}>
            {t("presence.ready")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>{t("presence.break")}</Menu.Label>
          {(directory?.break_reasons ?? []).map((one) => (
            <Menu.Item key={one.id} leftSection={<i className={css.dot} data-presence="break" />} onClick={() => change("break", one.code)}>
              {titled(one.title, locale)}
            </Menu.Item>
          ))}
          {directory?.break_reasons.length === 0 && (
            <Menu.Item leftSection={<i className={css.dot} data-presence="break" />} onClick={() => change("break")}>
              {t("presence.break")}
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item leftSection={<i className={css.dot} data-presence="offline" />} onClick={() => change("offline")}>
            {t("presence.offline")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.CheckboxItem closeMenuOnClick={false} checked={after} onChange={setAfter}>
            {t("presence.after")}
          </Menu.CheckboxItem>
          <Menu.Divider />
          <Menu.Item leftSection={<Icon name="question" size={16} />} onClick={() => setAsking(true)}>
            {t("act.why_idle")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Suspense fallback={null}>{asking && <IdleDialog onClose={() => setAsking(false)} />}</Suspense>
      {(me.presence === "offline" || me.presence === "not_answering") && (
        <Button size="compact-sm" color="green" className={css.start} onClick={() => change("ready")}>
          {t(me.presence === "offline" ? "presence.start" : "presence.back")}
        </Button>
      )}
    </>
  );
}
