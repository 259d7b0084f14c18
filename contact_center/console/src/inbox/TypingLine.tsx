import { useI18n } from "../i18n";
import { useTyping } from "../live/ephemera";
import css from "./thread.module.css";

/** That the client is typing, at the end of the thread. */
export function TypingLine({ id, name }: { id: string; name: string }) {
  const { t } = useI18n();
  const client = useTyping(id).some((one) => one.type === "client");
  return (
    <div className={css.typingLine} role="status">
      {client && (
        <span className={css.typingBubble}>
          <i />
          <i />
          <i />
          <span className="visually-hidden">{t("typing.name", { name })}</span>
        </span>
      )}
    </div>
  );
}
