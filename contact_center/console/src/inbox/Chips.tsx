/** The files of a draft: those at the server and those on their way. */
import type { Attachment, DraftKind } from "../api/types";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import { size } from "./Attachments";
import { refused } from "./carried";
import { drafts } from "./drafts";
import { cancelUpload, retryUpload, type Upload } from "./uploads";
import css from "./composer.module.css";

export function Chips({ contact, kind, done, uploads, carries }: { contact: string; kind: DraftKind; done: Attachment[]; uploads: readonly Upload[]; carries: Record<string, number> | undefined }) {
  const i18n = useI18n();
  const { t } = i18n;
  if (!done.length && !uploads.length) return null;
  return (
    <ul className={css.files} aria-label={t("composer.files")}>
      {done.map((file) => {
        const why = carries && refused(file, carries);
        const most = size(i18n, carries?.[file.kind] ?? null);
        return (
        <li key={file.id} className={css.fileChip} data-failed={why ? true : undefined}>
          <Icon name={why ? "warning" : file.kind === "image" ? "image" : "file"} size={15} />
          <span className="ellipsis">{why ? t(`composer.no_${why}`, { name: file.name, kind: t(`kind.${file.kind as "file"}`), most }) : file.name}</span>
          <small>{size(i18n, file.size)}</small>
          <button
            type="button"
            aria-label={t("composer.remove", { name: file.name })}
            onClick={() => drafts.write(contact, kind, { attachments: done.filter((one) => one.id !== file.id) })}
          >
            <Icon name="close" size={13} />
          </button>
        </li>
        );
      })}
      {uploads.map((entry) => (
        <li key={entry.key} className={css.fileChip} data-failed={entry.error ? true : undefined}>
          <Icon name={entry.error ? "warning" : "file"} size={15} />
          <span className="ellipsis">{entry.name}</span>
          <small>{entry.error ? (i18n.maybe(`problem.${entry.error}`) ?? t("composer.upload_failed")) : `${Math.round(entry.share * 100)} %`}</small>
          {entry.error && (
            <button type="button" aria-label={t("act.retry")} onClick={() => retryUpload(contact, kind, entry)}>
              <Icon name="refresh" size={13} />
            </button>
          )}
          <button type="button" aria-label={t("composer.remove", { name: entry.name })} onClick={() => cancelUpload(contact, kind, entry.key)}>
            <Icon name="close" size={13} />
          </button>
          {!entry.error && <i className={css.progress} style={{ transform: `scaleX(${entry.share})` }} />}
        </li>
      ))}
    </ul>
  );
}
