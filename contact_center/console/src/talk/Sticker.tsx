import type { Attachment, Message } from "../api/types";
import { inline } from "../inbox/viewing";
import { useSource } from "./fresh";
import { Video } from "./Moving";
import { useTalkWords } from "./texts";
import css from "./talk.module.css";

/** A picture, one that moves, or its emoji where a browser cannot draw it. */
export function Sticker({ item, message }: { item: Attachment; message: Message }) {
  const { w } = useTalkWords();
  const [source, renew] = useSource(item, message.contact_id);
  const emoji = item.about?.emoji ?? "";
  const label = w("sticker.label", { emoji });
  if (item.type.startsWith("video/")) return <Video item={item} message={message} />;
  if (item.type.startsWith("image/") && source) return <img className={css.sticker} src={inline(source)} alt={label} loading="lazy" onError={renew} />;
  return (
    <span className={css.emoji} role="img" aria-label={label}>
      {emoji || "⬚"}
    </span>
  );
}
