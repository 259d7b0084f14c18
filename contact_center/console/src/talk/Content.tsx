/** What a message holds, kind by kind. Loaded with the first message that is more than its text. */
import type { Choice, Message } from "../api/types";
import { Attachments } from "../inbox/Attachments";
import { isPicture } from "../inbox/viewing";
import { Icon } from "../ui/Icon";
import { entitiesOf } from "./entities";
import { FileRow } from "./FileRow";
import { Card, Place } from "./Given";
import { Round, Video } from "./Moving";
import { partsOf, repeats } from "./parts";
import { Player } from "./Player";
import { Sticker } from "./Sticker";
import { useTalkWords } from "./texts";
import { Words } from "./Words";
import message_css from "../inbox/message.module.css";
import css from "./talk.module.css";

type File = Message["attachments"][number];

function One({ item, message }: { item: File; message: Message }) {
  if (item.kind === "location") return <Place item={item} />;
  if (item.kind === "contact") return <Card item={item} />;
  if (item.state !== "stored" || !item.url) return <FileRow item={item} message={message} />;
  if (item.kind === "sticker") return <Sticker item={item} message={message} />;
  if (item.kind === "voice" || item.kind === "audio") return <Player item={item} message={message} />;
  if (item.kind === "video") return item.about?.round ? <Round item={item} message={message} /> : <Video item={item} message={message} />;
  return <Attachments items={[item]} contact={message.contact_id} />;
}

function Album({ files, message }: { files: readonly File[]; message: Message }) {
  const { w } = useTalkWords();
  return (
    <div className={css.album} role="group" aria-label={w("content.album", { n: files.length })} data-odd={files.length % 2 === 1 || undefined}>
      {files.map((item) => (isPicture(item) ? <Attachments key={item.id} items={[item]} contact={message.contact_id} beside={files} /> : <Video key={item.id} item={item} message={message} />))}
    </div>
  );
}

function Buttons({ of }: { of: readonly Choice[] }) {
  const { w } = useTalkWords();
  return (
    <ul className={css.buttons} aria-label={w("content.buttons")}>
      {of.map(({ text, url }, at) => (
        <li key={at} title={url ?? undefined}>
          {text}
          {url && <Icon name="external" size={13} />}
        </li>
      ))}
    </ul>
  );
}

export default function Content({ message, ours }: { message: Message; ours: boolean }) {
  const { w } = useTalkWords();
  const { data, text } = message;
  const { grid, rest } = partsOf(message.attachments);
  const named = (value: unknown) => (typeof value === "string" ? value : "");
  const buttons = Array.isArray(data.buttons) ? (data.buttons as Choice[]) : [];
  const shown = text && !repeats(message) && data.button === undefined && !(ours && buttons.length);
  return (
    <div className={css.content} data-silent={shown ? undefined : true}>
      {named(data.forwarded_from) && (
        <p className={css.said}>
          <Icon name="forward" size={14} /> {w("content.forwarded", { name: named(data.forwarded_from) })}
        </p>
      )}
      {data.button !== undefined && (
        <p className={css.said}>
          <Icon name="hand" size={14} /> {w("content.pressed")}
        </p>
      )}
      {grid.length > 0 && <Album files={grid} message={message} />}
      {rest.map((item) => (
        <One key={item.id} item={item} message={message} />
      ))}
      {named(data.unsupported) && (
        <p className={css.unsupported}>
          <Icon name="question" size={16} /> {w("content.unsupported", { kind: named(data.unsupported) })}
        </p>
      )}
      {text && !repeats(message) && (
        <div className={`${message_css.text} ${shown ? "" : css.bare} ${data.button === undefined ? "" : css.pressed}`}>
          <Words text={text} entities={entitiesOf(data)} />
        </div>
      )}
      {ours && buttons.length > 0 && <Buttons of={buttons} />}
    </div>
  );
}
