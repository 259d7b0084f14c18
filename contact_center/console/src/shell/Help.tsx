import { Modal } from "@mantine/core";
import { chordFor, type Group, KEYMAP, MAPPED, ownKeysOf } from "../actions/keymap";
import { type Chord, russianCap } from "../actions/keys";
import { useMe } from "../api/hooks";
import { useI18n } from "../i18n";
import { linkTo } from "../router";
import { Caps } from "../ui/Caps";
import css from "./palette.module.css";

const GROUPS: readonly Group[] = ["offer", "contact", "list", "go", "me", "app"];

function Shortcut({ title, chord, till }: { title: string; chord: Chord; till?: string }) {
  const { t } = useI18n();
  const russian = russianCap(chord);
  return (
    <div className={css.shortcut}>
      <span>{title}</span>
      {russian && <small title={t("help.russian_key")}>{russian}</small>}
      <Caps chord={chord} till={till} />
      <span className="visually-hidden">{[chord.mod && "Ctrl", chord.alt && "Alt", chord.shift && "Shift", chord.after, chord.code].filter(Boolean).join(" ")}</span>
    </div>
  );
}

/** The sheet of "?": made from the map of keys, so it cannot lag behind. */
export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const own = ownKeysOf(useMe().employee.settings);
  const shown = MAPPED.map((id) => ({ id, ...KEYMAP[id], chord: chordFor(id === "nth" ? "nth-1" : id, own) })).filter((one) => one.chord);
  const fixed: [string, Chord][] = [
    [t("composer.send"), { code: "Enter", mod: true }],
    [t("composer.send_close"), { code: "Enter", mod: true, shift: true }],
  ];
  return (
    <Modal opened onClose={onClose} title={t("act.help")} size={760} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
      <p className={css.sheetNote}>
        {t("help.note")}{" "}
        <a {...linkTo("/settings?part=keyboard", onClose)}>{t("help.change")}</a>
      </p>
      <div className={css.sheet}>
        <section>
          <h3>{t("composer.label")}</h3>
          {fixed.map(([title, chord]) => (
            <Shortcut key={title} title={title} chord={chord} />
          ))}
        </section>
        {GROUPS.map((group) => {
          const rows = shown.filter((action) => action.group === group);
          if (!rows.length) return null;
          return (
            <section key={group}>
              <h3>{t(`group.${group}`)}</h3>
              {rows.map((action) => (action.chord ? <Shortcut key={action.id} title={t(action.title)} chord={action.chord} till={action.id === "nth" ? "9" : undefined} /> : null))}
            </section>
          );
        })}
      </div>
    </Modal>
  );
}
