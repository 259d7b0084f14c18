/** The whole of a letter below its text: the HTML in a frame where nothing runs, else the text. */
import { ActionIcon, Button, Modal, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/http";
import { keys } from "../api/keys";
import type { Message } from "../api/types";
import { Text } from "../inbox/Text";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import { Bones, Failed } from "../ui/states";
import { useLetterWords } from "./texts";
import css from "./letter.module.css";

/** An address of the page lives for minutes: an older one is asked for anew. */
const FRESH = 4 * 60_000;

export function WholeLetter({ message }: { message: Pick<Message, "id"> }) {
  const { t } = useI18n();
  const { l } = useLetterWords();
  const [pictures, setPictures] = useState(false);
  const [large, setLarge] = useState(false);
  const query = useQuery({
    queryKey: keys.letterBody(message.id),
    queryFn: () => get("/messages/{id}/body", { path: { id: message.id } }),
    staleTime: FRESH,
    gcTime: FRESH,
    refetchOnMount: true,
  });
  if (query.isError) return <Failed small error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Bones rows={2} kind="bubble" />;
  const { text, html_url: page, remote_images: remote } = query.data;
  const content = page ? (
    <iframe className={css.page} src={pictures ? `${page}&images=true` : page} title={l("whole.title")} sandbox="allow-popups allow-popups-to-escape-sandbox" referrerPolicy="no-referrer" />
  ) : (
    // A scrolling area must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={css.plain} tabIndex={0} role="region" aria-label={l("whole.title")}>
      <Text text={text} />
    </div>
  );
  return (
    <div className={css.whole}>
      <div className={css.wholeBar}>
        {page && remote > 0 && !pictures && (
          <Tooltip multiline w={280} label={l("whole.pictures_text")}>
            <Button size="compact-xs" variant="default" onClick={() => setPictures(true)} leftSection={<Icon name="image" size={14} />}>
              {l("whole.pictures", { n: remote })}
            </Button>
          </Tooltip>
        )}
        <span className={css.push} />
        <ActionIcon size={26} onClick={() => setLarge(true)} aria-label={l("whole.large")} title={l("whole.large")}>
          <Icon name="expand" size={15} />
        </ActionIcon>
      </div>
      <div className={css.frame} data-page={page ? true : undefined}>
        {!large && content}
      </div>
      {large && (
        <Modal opened fullScreen onClose={() => setLarge(false)} title={l("whole.title")} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal classNames={{ body: css.largeBody, content: css.largeContent }}>
          {content}
        </Modal>
      )}
    </div>
  );
}
