/** A file that is not here: on its way, or why not and what can be done. */
import { Button } from "@mantine/core";
import { loadMessages } from "../api/client";
import { post } from "../api/http";
import type { Attachment, Message } from "../api/types";
import { useI18n } from "../i18n";
import { size } from "../inbox/Attachments";
import { Icon } from "../ui/Icon";
import message_css from "../inbox/message.module.css";
import { useTalkWords } from "./texts";
import { useRun } from "../ui/useRun";
import css from "./talk.module.css";

export function FileRow({ item, message }: { item: Attachment; message: Message }) {
  const i18n = useI18n();
  const { w, why } = useTalkWords();
  const [busy, run] = useRun();
  const share = item.progress === null ? undefined : Math.round(item.progress * 100);
  const words = {
    wanted: `${w("file.fetching")}${share === undefined ? "…" : ` · ${share} %`}${item.size ? ` · ${size(i18n, item.size)}` : ""}`,
    stored: size(i18n, item.size),
    too_large: `${w("file.too_large")} · ${size(i18n, item.size)}`,
    gone: w("file.gone", { reason: why(item.reason) }),
    failed: w("file.failed", { reason: why(item.reason) }),
    infected: w("file.infected"),
  }[item.state];
  const retry = async () => {
    await post("/files/{id}/retry", { path: { id: item.id } });
    await loadMessages(message.contact_id, { after: message.seq - 1, limit: 1 });
  };
  return (
    <div className={message_css.file} data-state={item.state} title={item.name}>
      <Icon name={item.state === "wanted" ? "clock" : "warning"} size={20} />
      <span className={`${message_css.fileText} ${css.fileText}`}>
        <b className="ellipsis">{item.name || i18n.maybe(`kind.${item.kind}`) || w("file.unnamed")}</b>
        <span>{words}</span>
        {share !== undefined && <progress value={share} max={100} aria-label={w("file.fetching")} />}
      </span>
      {item.can_retry && (
        <Button size="compact-xs" variant="default" loading={busy} onClick={() => run(retry)}>
          {w("file.retry")}
        </Button>
      )}
    </div>
  );
}
