import { useLayoutEffect, useRef } from "react";
import { useI18n } from "../i18n";
import css from "./shell.module.css";

/** What was typed for a part that was still on its way, and who had the focus before. */
const early = { text: "", owed: null as HTMLElement | null };

/** What was typed; from now on the part itself is typed into. */
export function takeEarly(): string {
  const { text } = early;
  early.text = "";
  return text;
}

/** The part is closed: the focus goes back to where it was. */
export function giveFocusBack(): void {
  const { owed } = early;
  [early.text, early.owed] = ["", null];
  owed?.focus({ preventScroll: true });
}

/** Stands in until the palette has the focus: what is typed then is meant for it, not for a client. */
export function Early() {
  const { t } = useI18n();
  const own = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const [input, before] = [own.current, document.activeElement];
    early.owed = before instanceof HTMLElement && before !== document.body ? before : null;
    if (input) input.value = early.text; // of the one before, up to this moment
    input?.focus();
    return () => {
      if (document.activeElement === input) early.owed?.focus({ preventScroll: true });
    };
  }, []);
  return <input ref={own} className={css.early} aria-label={t("palette.hint")} onChange={(event) => (early.text = event.currentTarget.value)} />;
}
