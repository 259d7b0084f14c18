import { useLayoutEffect, useRef } from "react";
import { useI18n } from "../i18n";
import css from "./shell.module.css";

/** What was typed into a part that was still on its way; that part empties it. */
export const early = { text: "" };

/** Stands in while the palette loads: what is typed then is meant for it, not for a client. */
export function Early() {
  const { t } = useI18n();
  const own = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    own.current?.focus();
    // The palette remembers to whom it owes the focus.
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return <input ref={own} className={css.early} aria-label={t("palette.hint")} onChange={(event) => (early.text = event.currentTarget.value)} />;
}
