import { CloseButton } from "@mantine/core";
import { useI18n } from "../i18n";
import { Icon } from "./Icon";
import { Store, useStore } from "./store";
import css from "./toasts.module.css";

interface Toast {
  id: number;
  tone: "good" | "bad" | "info";
  text: string;
  act?: { label: string; run: () => void };
}

const toasts = new Store<readonly Toast[]>([]);
let last = 0;

export function toast(tone: Toast["tone"], text: string, act?: Toast["act"], ms = tone === "bad" ? 9000 : 5000): void {
  last += 1;
  const id = last;
  toasts.set((held) => [...held.slice(-3), { id, tone, text, act }]);
  setTimeout(() => dismiss(id), ms);
}

function dismiss(id: number): void {
  toasts.set((held) => held.filter((one) => one.id !== id));
}

const ICON = { good: "check", bad: "warning", info: "info" } as const;

export function Toasts() {
  const { t } = useI18n();
  const held = useStore(toasts);
  return (
    <div className={css.stack} role="status" aria-live="polite">
      {held.map((one) => (
        <div key={one.id} className={css.toast} data-tone={one.tone}>
          <Icon name={ICON[one.tone]} size={18} className={css.icon} />
          <span className={css.text}>{one.text}</span>
          {one.act && (
            <button
              type="button"
              className={css.act}
              onClick={() => {
                one.act?.run();
                dismiss(one.id);
              }}
            >
              {one.act.label}
            </button>
          )}
          <CloseButton size="sm" aria-label={t("act.dismiss")} onClick={() => dismiss(one.id)} />
        </div>
      ))}
    </div>
  );
}
