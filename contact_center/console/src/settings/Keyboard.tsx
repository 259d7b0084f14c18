/** The own keys: give an action another key, or none. Kept on the server, so they are everywhere. */
import { ActionIcon, Button, Switch } from "@mantine/core";
import { useEffect, useState } from "react";
import { changeMe } from "../api/acts";
import { useMe } from "../api/hooks";
import type { Settings } from "../api/types";
import { chordFor, FIXED, given, type Group, holderOf, KEYMAP, MAPPED, type MappedId, type OwnKeys, ownKeysOf } from "../actions/keymap";
import { allowed, caps, type Chord, pressed } from "../actions/keys";
import { useI18n } from "../i18n";
import { Caps } from "../ui/Caps";
import { Icon } from "../ui/Icon";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import css from "./settings.module.css";

const GROUPS: readonly Group[] = ["offer", "contact", "list", "go", "app"];

/** Listen for the next keys pressed; the page's own shortcuts rest meanwhile. */
function useRecorder(recording: boolean, taken: (chord: Chord | null) => void): void {
  useEffect(() => {
    if (!recording) return undefined;
    const onKey = (event: KeyboardEvent) => {
      event.stopImmediatePropagation();
      if (event.code === "Tab") return;
      event.preventDefault();
      const chord = pressed(event);
      if (chord) taken(event.code === "Escape" ? null : chord);
    };
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, [recording, taken]);
}

interface RowProps {
  id: MappedId;
  own: OwnKeys;
  recording: boolean;
  record: () => void;
  stop: () => void;
  change: (own: OwnKeys) => void;
}

function KeyRow({ id, own, recording, record, stop, change }: RowProps) {
  const { t } = useI18n();
  const chord = chordFor(id === "nth" ? "nth-1" : id, own);
  const title = t(KEYMAP[id].title);
  const changed = id in own;
  const without = () => change({ ...own, [id]: null });
  const back = () => change(given(id, KEYMAP[id].chord, own));
  return (
    <li className={css.key}>
      <span className={css.keyTitle}>{title}</span>
      {recording ? (
        <button type="button" className={css.recording} onClick={stop} onBlur={stop}>
          {t("keys.press")}
        </button>
      ) : FIXED.has(id) ? (
        <span className={css.fixed}>{chord ? <Caps chord={chord} till="9" /> : t("keys.none")}</span>
      ) : (
        <button type="button" className={css.record} aria-label={t("keys.change", { name: title, keys: chord ? caps(chord).join(" ") : t("keys.none") })} onClick={record}>
          {chord ? <Caps chord={chord} /> : <span>{t("keys.none")}</span>}
        </button>
      )}
      <span className={css.keyActs}>
        {changed && (
          <ActionIcon size={26} aria-label={t("keys.back", { name: title })} title={t("keys.back", { name: title })} onClick={back}>
            <Icon name="undo" size={15} />
          </ActionIcon>
        )}
        {chord && (
          <ActionIcon size={26} aria-label={t("keys.off", { name: title })} title={t("keys.off", { name: title })} onClick={without}>
            <Icon name="close" size={15} />
          </ActionIcon>
        )}
      </span>
    </li>
  );
}

export function Keyboard({ settings, change }: { settings: Settings; change: (change: Settings) => void }) {
  const { t } = useI18n();
  const text = useProblemText();
  const own = ownKeysOf(useMe().employee.settings);
  const [recording, setRecording] = useState<MappedId | null>(null);
  const save = (keys: OwnKeys) => {
    setRecording(null);
    const body: object = { settings: { keys: Object.keys(keys).length ? keys : null } };
    changeMe(body).catch((error: unknown) => toast("bad", text(error)));
  };
  useRecorder(recording !== null, (chord) => {
    if (!recording || !chord) return setRecording(null);
    if (!allowed(chord)) return toast("info", t("keys.needed", { keys: caps(chord).join(" ") }));
    const holder = holderOf(chord, own, recording);
    save(given(recording, chord, own));
    if (holder) toast("info", t("keys.taken_over", { name: t(KEYMAP[holder].title) }));
  });
  return (
    <section className={css.group} aria-labelledby="keyboard" id="part-keyboard">
      <h2 id="keyboard">{t("settings.keyboard")}</h2>
      <div className={css.line}>
        <div>
          <b>{t("settings.shortcuts")}</b>
          <p>{t("settings.shortcuts_text")}</p>
        </div>
        <div className={css.control}>
          <Switch aria-label={t("settings.shortcuts")} checked={settings.shortcuts !== false} onChange={(event) => change({ shortcuts: event.currentTarget.checked })} />
        </div>
      </div>
      <p className={css.keysText}>{t("keys.text")}</p>
      {GROUPS.map((group) => (
        <div key={group} className={css.keys}>
          <h3>{t(`group.${group}`)}</h3>
          <ul>
            {MAPPED.filter((id) => KEYMAP[id].group === group).map((id) => (
              <KeyRow key={id} id={id} own={own} recording={recording === id} record={() => setRecording(id)} stop={() => setRecording(null)} change={save} />
            ))}
          </ul>
        </div>
      ))}
      {Object.keys(own).length > 0 && (
        <Button variant="default" size="xs" mb={12} leftSection={<Icon name="undo" size={15} />} onClick={() => save({})}>
          {t("keys.all_back")}
        </Button>
      )}
    </section>
  );
}
