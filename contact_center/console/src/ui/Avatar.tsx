import { memo } from "react";
import type { PresenceState } from "../api/types";
import { Icon, mediumIcon } from "./Icon";
import css from "./Avatar.module.css";

interface AvatarProps {
  id: string;
  name: string;
  size?: number;
  medium?: string;
  presence?: PresenceState;
  company?: boolean;
  /** The address of his picture; without one, and where it cannot be had, his initials are shown. */
  picture?: string | null;
}

export function initials(name: string): string {
  const words = name.replaceAll(/[«»"'()]/g, "").split(/[\s\-–]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[1]] : [words[0]];
  return letters.map((word) => [...(word ?? "")][0] ?? "").join("").toLocaleUpperCase();
}

function hue(id: string): number {
  let sum = 0;
  for (let at = 0; at < id.length; at += 1) sum = (sum * 31 + id.charCodeAt(at)) >>> 0;
  return sum % 8;
}

/** Decorative: the name always stands beside it as text. */
export const Avatar = memo(function Avatar({ id, name, size = 40, medium, presence, company, picture }: AvatarProps) {
  return (
    <span className={css.box} style={{ width: size, height: size }} aria-hidden>
      <span
        className={css.face}
        data-hue={hue(id || name)}
        data-company={company || undefined}
        data-initials={initials(name) || "?"}
        style={{ fontSize: Math.round(size * 0.36) }}
      />
      {picture && <img key={picture} className={css.picture} src={picture} alt="" onError={(event) => { event.currentTarget.hidden = true; }} />}
      {medium && (
        <span className={css.medium} data-medium={medium}>
          <Icon name={mediumIcon(medium)} size={11} />
        </span>
      )}
      {presence && <span className={css.presence} data-presence={presence} />}
    </span>
  );
});
