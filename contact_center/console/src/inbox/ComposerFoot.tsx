import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { useRef } from "react";
import type { DraftKind } from "../api/types";
import { useI18n } from "../i18n";
import { Caps } from "../ui/Caps";
import { Icon } from "../ui/Icon";
import css from "./composer.module.css";

interface FootProps {
  kind: DraftKind;
  may: { send: boolean; close: boolean };
  /** Shown where the text comes near the most that the connection carries. */
  length: { now: number; most: number } | null;
  addButton: { full: boolean; add: () => void } | null;
  take: (files: Iterable<File>) => unknown;
  send: (close: boolean) => void;
}

/** What stands under the field: files, buttons, length, and the ways to send. */
export function ComposerFoot({ kind, may, length, addButton, take, send }: FootProps) {
  const { t } = useI18n();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div className={css.foot}>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t("composer.attach")}
        onChange={(event) => {
          take([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
      <ActionIcon aria-label={t("composer.attach")} title={t("composer.attach")} onClick={() => picker.current?.click()}>
        <Icon name="paperclip" size={19} />
      </ActionIcon>
      {addButton && (
        <ActionIcon aria-label={t("composer.button")} title={t("composer.button")} disabled={addButton.full} onClick={addButton.add}>
          <Icon name="buttons" size={19} />
        </ActionIcon>
      )}
      {length && (
        <span className={`${css.length} tabular`} data-over={length.now > length.most || undefined}>
          {length.now} / {length.most}
        </span>
      )}
      <span className={css.push} />
      <Caps chord={{ code: "Enter", mod: true }} className={css.hint} />
      <div className={css.split}>
        <Button className={css.send} disabled={!may.send} color={kind === "note" ? "yellow" : undefined} onClick={() => send(false)} leftSection={<Icon name={kind === "note" ? "note" : "send"} size={16} />}>
          {t(kind === "note" ? "composer.add_note" : "composer.send")}
        </Button>
        {kind === "reply" && may.close && (
          <Menu position="top-end">
            <Menu.Target>
              <Tooltip label={t("composer.more")}>
                <Button className={css.sendMore} disabled={!may.send} aria-label={t("composer.more")}>
                  <Icon name="chevronDown" size={16} />
                </Button>
              </Tooltip>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<Icon name="check" size={16} />} rightSection={<Caps chord={{ code: "Enter", mod: true, shift: true }} />} onClick={() => send(true)}>
                {t("composer.send_close")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
    </div>
  );
}
