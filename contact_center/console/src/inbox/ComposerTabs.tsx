import type { DraftKind } from "../api/types";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import type { Kept } from "./drafts";
import css from "./composer.module.css";

interface TabsProps {
  kind: DraftKind;
  draft: Kept;
  other: Kept;
  /** `write`: the cursor goes into the field. */
  choose: (next: DraftKind, write: boolean) => void;
}

/** Reply or note, and whether what was typed is kept. */
export function ComposerTabs({ kind, draft, other, choose }: TabsProps) {
  const { t } = useI18n();
  return (
    <div className={css.tabs} role="tablist" aria-label={t("composer.label")}>
      {(["reply", "note"] as const).map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`tab-${one}`}
          aria-selected={kind === one}
          aria-controls="composer-field"
          tabIndex={kind === one ? 0 : -1}
          className={css.tab}
          data-kind={one}
          onClick={() => choose(one, true)}
          onKeyDown={(event) => {
            if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
              const next = one === "reply" ? "note" : "reply";
              choose(next, false);
              document.getElementById(`tab-${next}`)?.focus();
            }
          }}
        >
          {one === "note" && <Icon name="lock" size={14} />}
          {t(`composer.${one}`)}
          {one !== kind && other.text && <i className={css.mark} title={t("row.draft")} />}
        </button>
      ))}
      <span className={css.saved}>{draft.text ? t(draft.refused ? "composer.unsaved" : draft.dirty ? "composer.saving" : "composer.saved") : ""}</span>
    </div>
  );
}
