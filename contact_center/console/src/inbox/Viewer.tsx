import { ActionIcon, Modal } from "@mantine/core";
import { type MouseEvent, useLayoutEffect, useState } from "react";
import { useI18n } from "../i18n";
import { useSaving, useSource } from "../talk/fresh";
import { Icon } from "../ui/Icon";
import { useStore } from "../ui/store";
import { size } from "./Attachments";
import { inline, type Picture, stepped, type Viewing, viewing } from "./viewing";
import css from "./viewer.module.css";

const shut = () => viewing.set(null);
const go = (step: number) => viewing.set((held) => held && stepped(held, step));

function Photo({ picture, contact }: { picture: Picture; contact: string }) {
  const [source, renew] = useSource(picture, contact);
  return <img src={inline(source ?? picture.url)} alt={picture.name} onError={renew} />;
}

function Large({ shown }: { shown: Viewing }) {
  const i18n = useI18n();
  const { t } = i18n;
  const save = useSaving(shown.contact);
  const picture = shown.pictures[shown.at];
  const [zoomed, setZoomed] = useState<string | null>(null);
  const whole = zoomed !== picture?.id;
  const zoom = () => setZoomed(whole && picture ? picture.id : null);
  // Nothing else is on the screen: keys act wherever the focus is, also before it has moved here.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.code === "ArrowLeft" || event.code === "KeyK") go(-1);
      else if (event.code === "ArrowRight" || event.code === "KeyJ") go(1);
      else if (event.code === "Home") go(-shown.pictures.length);
      else if (event.code === "End") go(shown.pictures.length);
      else if (event.code === "KeyZ") zoom();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  });
  if (!picture) return null;
  const many = shown.pictures.length > 1;
  return (
    <div className={css.viewer}>
      <header className={css.top}>
        <span className={css.name}>
          <b className="ellipsis">{picture.name || t("file.unnamed")}</b>
          <span>
            {size(i18n, picture.size)}
            {picture.width && picture.height ? ` · ${picture.width} × ${picture.height}` : ""}
          </span>
        </span>
        {many && (
          <span className="tabular" role="status">
            {t("viewer.place", { n: shown.at + 1, of: shown.pictures.length })}
          </span>
        )}
        <ActionIcon component="a" href={picture.url} download={picture.name} onClick={(event: MouseEvent<HTMLAnchorElement>) => save(event, picture.id)} aria-label={t("viewer.download")} title={t("viewer.download")} className={css.act}>
          <Icon name="download" size={20} />
        </ActionIcon>
        <ActionIcon onClick={shut} aria-label={t("act.dismiss")} title={t("act.dismiss")} className={css.act} data-autofocus>
          <Icon name="close" size={22} />
        </ActionIcon>
      </header>
      {/* A scrolling area must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={css.stage} data-whole={whole || undefined} tabIndex={0} role="group" aria-label={t("viewer.picture")}>
        <button type="button" className={css.zoom} onClick={zoom} aria-label={t(whole ? "viewer.actual" : "viewer.whole")} title={`${t(whole ? "viewer.actual" : "viewer.whole")} (Z)`}>
          <Photo key={picture.id} picture={picture} contact={shown.contact} />
        </button>
      </div>
      {many && (
        <>
          <ActionIcon className={css.before} onClick={() => go(-1)} disabled={shown.at === 0} aria-label={t("viewer.before")} size={44}>
            <Icon name="chevronLeft" size={26} />
          </ActionIcon>
          <ActionIcon className={css.after} onClick={() => go(1)} disabled={shown.at === shown.pictures.length - 1} aria-label={t("viewer.after")} size={44}>
            <Icon name="chevronRight" size={26} />
          </ActionIcon>
        </>
      )}
    </div>
  );
}

/** A picture of the thread over the whole page: arrows go on, Z is its full size, Esc shuts it. */
export default function Viewer() {
  const { t } = useI18n();
  const shown = useStore(viewing);
  if (!shown) return null;
  return (
    <Modal opened onClose={shut} fullScreen padding={0} radius={0} withCloseButton={false} aria-label={t("viewer.title")} classNames={{ content: css.content, body: css.body }} data-cc-modal>
      <Large shown={shown} />
    </Modal>
  );
}
