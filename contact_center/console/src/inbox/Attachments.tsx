import type { Attachment } from "../api/types";
import { type I18n, useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import css from "./message.module.css";

export function size(i18n: I18n, bytes: number | null): string {
  if (bytes === null) return "";
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(i18n.locale, {
    style: "unit",
    unit: units[step],
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

function inline(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}inline=1`;
}

function Picture({ item }: { item: Attachment & { url: string } }) {
  const { t } = useI18n();
  const ratio = item.width && item.height ? item.width / item.height : 4 / 3;
  return (
    <a className={css.picture} href={inline(item.url)} target="_blank" rel="noopener noreferrer" aria-label={t("file.open", { name: item.name })} style={{ aspectRatio: String(Math.min(3, Math.max(0.6, ratio))) }}>
      <img src={inline(item.url)} alt={item.name} loading="lazy" />
    </a>
  );
}

export function Attachments({ items }: { items: readonly Attachment[] }) {
  const i18n = useI18n();
  const { t } = i18n;
  return (
    <div className={css.attachments}>
      {items.map((item) => {
        const { url } = item;
        if (url && item.kind === "image" && item.state === "stored") return <Picture key={item.id} item={{ ...item, url }} />;
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
          <a key={item.id} className={css.file} href={url} download={item.name} title={item.name}>
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
