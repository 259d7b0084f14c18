import type { Attachment } from "../api/types";
import { type I18n, useI18n } from "../i18n";
import { useSaving, useSource } from "../talk/fresh";
import { Icon } from "../ui/Icon";
import { inline, isPicture, type Picture, view } from "./viewing";
import css from "./message.module.css";

export function size(i18n: I18n, bytes: number | null): string {
  if (bytes === null) return "";
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(i18n.locale, {
    style: "unit",
    unit: units[step],
    unitDisplay: step ? "short" : "long", // "265 byte" is no English
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

/** What a file is called, or what it is. */
export function nameOf(i18n: I18n, file: Attachment | undefined): string {
  return file?.name || i18n.maybe(`kind.${file?.kind}`) || i18n.t("message.quoted");
}

/** An ordinary click opens it large; a modified one does what the browser does with links. */
function Thumbnail({ item, contact, beside }: { item: Picture; contact: string; beside: readonly Attachment[] }) {
  const i18n = useI18n();
  const { t } = i18n;
  const [source, renew] = useSource(item, contact);
  const name = nameOf(i18n, item);
  const ratio = item.width && item.height ? item.width / item.height : 4 / 3;
  return (
    <a className={css.picture} href={inline(item.url)} target="_blank" rel="noopener noreferrer" aria-label={t("file.open", { name })} onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        view(item, contact, beside);
      }} style={{ aspectRatio: String(Math.min(3, Math.max(0.6, ratio))) }}>
      <img src={inline(source ?? item.url)} alt={name} loading="lazy" onError={renew} />
    </a>
  );
}

export function Attachments({ items, contact, beside = items }: { items: readonly Attachment[]; contact: string; beside?: readonly Attachment[] }) {
  const i18n = useI18n();
  const { t } = i18n;
  const save = useSaving(contact);
  return (
    <div className={css.attachments}>
      {items.map((item) => {
        const { url } = item;
        if (isPicture(item)) return <Thumbnail key={item.id} item={item} contact={contact} beside={beside} />;
        const body = (
          <>
            <Icon name={item.kind === "image" ? "image" : "file"} size={20} />
            <span className={css.fileText}>
              <b className="ellipsis">{item.name || t("file.unnamed")}</b>
              <span>{item.state === "stored" ? size(i18n, item.size) : t(`file.${item.state}`)}</span>
            </span>
          </>
        );
        return url && item.state === "stored" ? (
          <a key={item.id} className={css.file} href={url} download={item.name} title={item.name} onClick={(event) => save(event, item.id)}>
            {body}
            <Icon name="download" size={17} />
          </a>
        ) : (
          <span key={item.id} className={css.file} data-state={item.state} title={item.name}>
            {body}
          </span>
        );
      })}
    </div>
  );
}
