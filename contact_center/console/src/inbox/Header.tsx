import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { useMe, useNames } from "../api/hooks";
import type { Contact, ContactRow } from "../api/types";
import { named, titled, useI18n } from "../i18n";
import { lasting, stamp } from "../i18n/time";
import { useViewers } from "../live/ephemera";
import { Avatar } from "../ui/Avatar";
import { KeyCaps } from "../ui/KeyCaps";
import { Icon, mediumIcon } from "../ui/Icon";
import { useNow } from "../ui/now";
import { changeContact } from "../api/acts";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import css from "./thread.module.css";

interface HeaderProps {
  row: ContactRow;
  contact: Contact | undefined;
  onBack?: () => void;
  onPanel?: () => void;
  onTake: () => void;
  onTransfer: () => void;
  onPark: () => void;
  onClose: () => void;
  onSpam: () => void;
  onNotSpam: () => void;
  onPart: (act: "split" | "join") => void;
}

function Viewers({ id }: { id: string }) {
  const { t } = useI18n();
  const me = useMe();
  const viewers = useViewers(id).filter((one) => one.id !== me.employee.id);
  if (!viewers.length) return null;
  const names = viewers.map((one) => one.name).join(", ");
  return (
    <Tooltip label={t("header.viewers", { names })}>
      <span className={css.viewers} role="img" aria-label={t("header.viewers", { names })}>
        <Icon name="eye" size={15} />
        {viewers.slice(0, 3).map((one) => (
          <Avatar key={one.id} id={one.id} name={one.name} size={22} />
        ))}
      </span>
    </Tooltip>
  );
}

function Waiting({ row }: { row: ContactRow }) {
  const i18n = useI18n();
  const now = useNow(1000);
  if (row.state === "closed") return <span className={css.state}>{i18n.t("header.closed")}</span>;
  if (row.work?.parked_until) {
    const time = stamp(i18n, row.work.parked_until, now);
    return (
      <span className={css.state} title={i18n.t("row.parked", { time })}>
        <Icon name="pause" size={12} /> {time}
      </span>
    );
  }
  if (row.awaiting !== "us" || !row.waiting_since) return null;
  const ms = now - Date.parse(row.waiting_since);
  return (
    <span className={`${css.state} tabular`} data-tone={ms > 20 * 60_000 ? "bad" : ms > 5 * 60_000 ? "warn" : "calm"}>
      <Icon name="clock" size={13} /> {i18n.t("header.waits", { time: lasting(i18n, ms) })}
    </span>
  );
}

function Kind({ row, contact }: { row: ContactRow; contact: Contact | undefined }) {
  const { t, locale } = useI18n();
  const { kinds } = useNames();
  const text = useProblemText();
  const current = row.kind_id ? kinds.get(row.kind_id) : undefined;
  const choose = (kind: string) => {
    if (contact) changeContact(contact, { kind_id: kind }).catch((error: unknown) => toast("bad", text(error)));
  };
  const label = current ? titled(current.title, locale) : t("header.no_kind");
  if (!contact?.can.edit && !contact?.can.reply) return current ? <span className="ellipsis">{label}</span> : null;
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button type="button" className={css.kind} aria-label={t("header.kind", { name: label })}>
          <Icon name="tag" size={13} />
          <span className="ellipsis">{label}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("field.kind")}</Menu.Label>
        {[...kinds.values()].map((kind) => (
          <Menu.Item key={kind.id} rightSection={kind.id === row.kind_id ? <Icon name="check" size={16} /> : null} onClick={() => choose(kind.id)}>
            {titled(kind.title, locale)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function Header({ row, contact, onBack, onPanel, onTake, onTransfer, onPark, onClose, onSpam, onNotSpam, onPart }: HeaderProps) {
  const { t } = useI18n();
  const { queues } = useNames();
  const can: Partial<Contact["can"]> = contact?.can ?? {};
  return (
    <header className={css.header}>
      {onBack && (
        <ActionIcon onClick={onBack} aria-label={t("act.back")}>
          <Icon name="chevronLeft" size={22} />
        </ActionIcon>
      )}
      <div className={css.title}>
        <div className={css.titleLine}>
          <h2 className="ellipsis">{named(row.client, t)}</h2>
          <Waiting row={row} />
          <Viewers id={row.id} />
        </div>
        <div className={css.subtitle}>
          <span className={css.account} title={row.account.title}>
            <Icon name={mediumIcon(row.medium)} size={14} />
            <span className="ellipsis">{row.account.title}</span>
            <i>·</i>
          </span>
          <span className={`ellipsis ${css.queue}`}>{queues.get(row.queue_id)?.name}</span>
          <i className={css.number}>·</i>
          <span className={css.number}>№ {row.number}</span>
          <i>·</i>
          <Kind row={row} contact={contact} />
        </div>
      </div>
      <div className={css.acts}>
        {can.take && (
          <Button onClick={onTake} leftSection={<Icon name="hand" size={16} />}>
            {t(can.park ? "act.resume" : "act.take")}
          </Button>
        )}
        {can.transfer && (
          <Tooltip label={<>{t("act.transfer")} <KeyCaps id="transfer" /></>}>
            <Button variant="default" onClick={onTransfer} leftSection={<Icon name="transfer" size={16} />} className={css.wideAct} aria-label={t("act.transfer")}>
              <span className={css.actText}>{t("act.transfer")}</span>
            </Button>
          </Tooltip>
        )}
        {can.park && (
          <Tooltip label={<>{t("act.park")} <KeyCaps id="park" /></>}>
            <Button variant="default" onClick={onPark} leftSection={<Icon name="pause" size={16} />} className={css.wideAct} aria-label={t("act.park")}>
              <span className={css.actText}>{t("act.park")}</span>
            </Button>
          </Tooltip>
        )}
        {can.close && (
          <Tooltip label={<>{t("act.close")} <KeyCaps id="close" /></>}>
            <Button variant="light" onClick={onClose} className={css.wideAct}>
              {t("act.close")}
            </Button>
          </Tooltip>
        )}
        {can.not_spam && (
          <Button variant="default" onClick={onNotSpam}>
            {t("act.not_spam")}
          </Button>
        )}
        {(can.spam || can.transfer || can.park || can.close || can.part) && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon aria-label={t("act.more")}>
                <Icon name="more" size={20} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {can.transfer && (
                <Menu.Item className={css.narrowAct} leftSection={<Icon name="transfer" size={16} />} onClick={onTransfer}>
                  {t("act.transfer")}
                </Menu.Item>
              )}
              {can.park && (
                <Menu.Item className={css.narrowAct} leftSection={<Icon name="pause" size={16} />} onClick={onPark}>
                  {t("act.park")}
                </Menu.Item>
              )}
              {can.close && (
                <Menu.Item className={css.narrowAct} leftSection={<Icon name="check" size={16} />} onClick={onClose}>
                  {t("act.close")}
                </Menu.Item>
              )}
              {can.part && (
                <Menu.Item leftSection={<Icon name="split" size={16} />} onClick={() => onPart("split")}>
                  {t("act.split")}
                </Menu.Item>
              )}
              {can.part && (
                <Menu.Item leftSection={<Icon name="join" size={16} />} onClick={() => onPart("join")}>
                  {t("act.join")}
                </Menu.Item>
              )}
              {can.spam && (
                <Menu.Item leftSection={<Icon name="spam" size={16} />} color="red" onClick={onSpam}>
                  {t("act.spam")}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        )}
        {onPanel && (
          <ActionIcon onClick={onPanel} aria-label={t("client.panel")} title={t("client.panel")}>
            <Icon name="userCard" size={20} />
          </ActionIcon>
        )}
      </div>
    </header>
  );
}
