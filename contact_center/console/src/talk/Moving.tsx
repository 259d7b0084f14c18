/** Pictures that move: a video, a video note in its circle, an animation, a sticker that moves. */
import { useRef, useState } from "react";
import type { Attachment, Message } from "../api/types";
import { Icon } from "../ui/Icon";
import { useSource } from "./fresh";
import { minutes, soundAlone } from "./Player";
import { useTalkWords } from "./texts";
import css from "./talk.module.css";

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function Video({ item, message }: { item: Attachment; message: Message }) {
  const { w } = useTalkWords();
  const [source, renew] = useSource(item, message.contact_id);
  const moves = item.about?.animation || item.kind === "sticker";
  return (
    // What is said in it nobody has written down.
    // oxlint-disable-next-line jsx-a11y/media-has-caption
    <video
      className={item.kind === "sticker" ? css.sticker : css.video}
      src={source}
      controls={!moves || still()}
      muted={moves || undefined}
      loop={moves || undefined}
      autoPlay={(moves && !still()) || undefined}
      playsInline
      preload="metadata"
      aria-label={item.kind === "sticker" ? w("sticker.label", { emoji: item.about?.emoji ?? "" }) : w("media.video", { name: item.name })}
      style={{ aspectRatio: item.width && item.height ? `${item.width} / ${item.height}` : undefined }}
      onError={renew}
      onPlay={(event) => !moves && soundAlone(event.currentTarget)}
    />
  );
}

export function Round({ item, message }: { item: Attachment; message: Message }) {
  const { w } = useTalkWords();
  const [source, renew] = useSource(item, message.contact_id);
  const video = useRef<HTMLVideoElement>(null);
  const [on, setOn] = useState(false);
  const toggle = () => {
    const element = video.current;
    if (!element) return;
    if (on) return element.pause();
    soundAlone(element);
    element.play().catch(() => {});
  };
  return (
    <button type="button" className={css.round} onClick={toggle} aria-label={`${w("media.round")}: ${w(on ? "media.pause" : "media.play")}`}>
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
      <video ref={video} src={source} playsInline preload="metadata" onError={renew} onPlay={() => setOn(true)} onPause={() => setOn(false)} />
      {!on && (
        <span>
          <Icon name="play" size={22} /> {item.about?.duration ? minutes(item.about.duration) : ""}
        </span>
      )}
    </button>
  );
}
