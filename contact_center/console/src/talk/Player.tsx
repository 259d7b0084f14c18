/** A recording: play and pause, where it is, how long, how fast. One sounds at a time. */
import { ActionIcon } from "@mantine/core";
import { type MouseEvent, useEffect, useRef, useState } from "react";
import type { Attachment, Message } from "../api/types";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import { freshUrl, useSaving } from "./fresh";
import { useTalkWords } from "./texts";
import css from "./talk.module.css";

const SPEEDS = [1, 1.5, 2] as const;
let sounding: HTMLMediaElement | null = null;

/** Silence whatever sounds; this one does now. */
export function soundAlone(media: HTMLMediaElement): void {
  if (sounding !== media) sounding?.pause();
  sounding = media;
}

/** 65 → 1:05 */
export function minutes(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function Player({ item, message }: { item: Attachment; message: Message }) {
  const { t } = useI18n();
  const { w } = useTalkWords();
  const audio = useRef<HTMLAudioElement>(null);
  const [on, setOn] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(item.about?.duration ?? 0);
  const [speed, setSpeed] = useState<number>(1);
  const [broken, setBroken] = useState(false);
  const save = useSaving(message.contact_id);
  const label = item.kind === "voice" ? w("media.voice") : item.about?.title || item.name || w("media.voice");

  useEffect(() => {
    const element = audio.current;
    return () => element?.pause();
  }, []);

  const play = async () => {
    const element = audio.current;
    if (!element) return;
    if (on) return element.pause();
    try {
      // Taken when it is wanted: an address that was drawn with the thread may be too old by now.
      const url = await freshUrl(message.contact_id, item.id);
      if (!url) return setBroken(true);
      if (element.getAttribute("src") !== url && (element.error || element.ended || !element.getAttribute("src"))) {
        element.src = url;
        element.currentTime = at < length ? at : 0;
      }
      element.playbackRate = speed;
      soundAlone(element);
      await element.play();
      setBroken(false);
    } catch (error) {
      if ((error as DOMException).name !== "AbortError") setBroken(true);
    }
  };
  const seek = (to: number) => {
    setAt(to);
    if (audio.current?.getAttribute("src")) audio.current.currentTime = to;
  };
  const faster = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed as 1) + 1) % SPEEDS.length] ?? 1;
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = next;
  };
  return (
    <div className={css.player} role="group" aria-label={label}>
      {/* What is said in it nobody has written down. */}
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
      <audio
        ref={audio}
        preload="none"
        onPlay={() => setOn(true)}
        onPause={() => setOn(false)}
        onEnded={() => setAt(0)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onDurationChange={(event) => Number.isFinite(event.currentTarget.duration) && setLength(event.currentTarget.duration)}
      />
      <ActionIcon variant="filled" color="brand" radius="xl" size={36} aria-label={w(on ? "media.pause" : "media.play")} onClick={() => void play()}>
        <Icon name={on ? "pause" : "play"} size={18} />
      </ActionIcon>
      <span className={css.track}>
        {item.kind !== "voice" && <b className="ellipsis">{[item.about?.performer, label].filter(Boolean).join(" — ")}</b>}
        <input type="range" min={0} max={Math.max(1, length)} step={0.1} value={Math.min(at, length || at)} aria-label={w("media.seek")} aria-valuetext={`${minutes(at)} / ${minutes(length)}`} onChange={(event) => seek(Number(event.currentTarget.value))} />
        <small className="tabular">
          {minutes(at)} / {minutes(length)}
          {broken && <em role="alert"> · {w("media.broken")}</em>}
        </small>
      </span>
      <button type="button" className={css.speed} onClick={faster} aria-label={w("media.speed", { speed: `${speed}×` })}>
        {speed}×
      </button>
      {item.url && (
        <ActionIcon component="a" href={item.url} download={item.name || "audio"} onClick={(event: MouseEvent<HTMLAnchorElement>) => save(event, item.id)} aria-label={t("viewer.download")} title={t("viewer.download")} size={28}>
          <Icon name="download" size={16} />
        </ActionIcon>
      )}
    </div>
  );
}
