import { Modal } from "@mantine/core";
import { type KeyboardEvent, useLayoutEffect, useMemo, useState } from "react";
import { useRested, useSearch } from "../api/hooks";
import { otherLayout } from "../actions/keys";
import type { Group } from "../actions/keymap";
import { useAllActions } from "../actions/registry";
import { named, useI18n } from "../i18n";
import { navigate } from "../router";
import { Avatar } from "../ui/Avatar";
import { Caps } from "../ui/Caps";
import { Icon, mediumIcon } from "../ui/Icon";
import { Early, giveFocusBack, takeEarly } from "./Early";
import { fit } from "./fit";
import css from "./palette.module.css";

interface Entry {
  id: string;
  group: "actions" | "clients" | "contacts";
  title: string;
  detail?: string;
  left: React.ReactNode;
  right?: React.ReactNode;
  run: () => void;
}

const ORDER: readonly Group[] = ["offer", "contact", "me", "go", "app", "list"];
const HIDDEN = /^(nth-|palette$)/;

function useEntries(typed: string, close: () => void): { entries: Entry[]; busy: boolean } {
  const { t } = useI18n();
  const actions = useAllActions();
  const q = typed.trim().toLocaleLowerCase();
  const rested = useRested(q, 200);
  const typedRight = useSearch(rested);
  const none = typedRight.isSuccess && !typedRight.data.clients.length && !typedRight.data.contacts.length;
  // Nothing found: perhaps the keyboard was on the other layout.
  const slipped = useSearch(none && rested ? otherLayout(rested) : "");
  const search = none && slipped.data ? slipped : typedRight;
  const entries = useMemo(() => {
    const out: Entry[] = actions
      .filter((action) => !HIDDEN.test(action.id))
      .flatMap((action) => {
        const rank = fit(q, t(action.title), action.also);
        return rank === null ? [] : [{ action, rank }];
      })
      .sort((a, b) => a.rank - b.rank || ORDER.indexOf(a.action.group) - ORDER.indexOf(b.action.group))
      .map(({ action }) => ({
        id: action.id,
        group: "actions" as const,
        title: t(action.title),
        left: <Icon name={action.icon} size={18} />,
        right: action.chord ? <Caps chord={action.chord} /> : null,
        run: () => {
          close();
          // The dialog gives the focus back first; then the action may take it.
          setTimeout(action.run, 60);
        },
      }));
    if (q.length < 2) return out;
    for (const client of search.data?.clients ?? []) {
      out.push({
        id: `client-${client.id}`,
        group: "clients",
        title: client.name || t("client.nameless"),
        detail: (client.addresses ?? []).join(" · "),
        left: <Avatar id={client.id} name={client.name} size={26} company={client.kind !== "person"} />,
        run: () => (close(), navigate(`/clients/${client.id}`)),
      });
    }
    for (const contact of search.data?.contacts ?? []) {
      out.push({
        id: `contact-${contact.id}`,
        group: "contacts",
        title: `${named(contact.client, t)} · № ${contact.number}`,
        detail: contact.last_text,
        left: <Icon name={mediumIcon(contact.medium)} size={18} />,
        run: () => (close(), navigate(`/inbox/${contact.state === "closed" ? "closed" : "all"}/${contact.id}`)),
      });
    }
    return out;
  }, [actions, q, search.data, t, close]);
  return { entries, busy: search.isFetching };
}

export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState("");
  // A dialog takes the focus some time after it is drawn.
  const [here, setHere] = useState(false);
  useLayoutEffect(() => giveFocusBack, []);
  const [at, setAt] = useState(0);
  const { entries, busy } = useEntries(typed, onClose);
  const chosen = Math.min(at, entries.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      event.preventDefault();
      const next = (chosen + step + entries.length) % Math.max(1, entries.length);
      setAt(next);
      document.getElementById(`entry-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      entries[chosen]?.run();
    }
  };
  const onFocus = () => {
    if (here) return;
    setTyped(takeEarly());
    setHere(true);
  };
  return (
    <>
      {!here && <Early />}
      <Modal opened onClose={onClose} withCloseButton={false} size={600} padding={0} aria-label={t("act.palette")} data-cc-modal>
        <div className={css.top}>
          <Icon name="search" size={20} />
          <input
            data-autofocus
            className={css.field}
            role="combobox"
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={entries.length ? `entry-${chosen}` : undefined}
            aria-label={t("palette.hint")}
            placeholder={t("palette.hint")}
            value={typed}
            onFocus={onFocus}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setAt(0);
            }}
            onKeyDown={onKeyDown}
          />
          {busy && <i className={css.busy} />}
        </div>
        <div className={css.list} id="palette-list" role="listbox" aria-label={t("palette.results")} tabIndex={-1}>
          {entries.map((entry, index) => (
            <div key={entry.id} role="presentation">
              {entry.group !== entries[index - 1]?.group && (
                <div className={css.group} role="presentation">
                  {t(`palette.${entry.group}`)}
                </div>
              )}
              <button type="button" id={`entry-${index}`} role="option" aria-selected={index === chosen} tabIndex={-1} className={css.entry} onMouseMove={() => setAt(index)} onClick={entry.run}>
                <span className={css.left}>{entry.left}</span>
                <span className={css.text}>
                  <span className="ellipsis">{entry.title}</span>
                  {entry.detail && <small className="ellipsis">{entry.detail}</small>}
                </span>
                {entry.right}
              </button>
            </div>
          ))}
          {!entries.length && <p className={css.none}>{t(busy ? "state.loading" : "palette.none")}</p>}
        </div>
      </Modal>
    </>
  );
}
