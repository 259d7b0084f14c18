import type { ReactNode } from "react";

const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]»])/g;

/** The text with its addresses as links; everything else stays text. */
export function Text({ text }: { text: string }): ReactNode {
  return text.split(LINK).map((part, at) =>
    at % 2 ? (
      <a key={at} href={part} target="_blank" rel="noopener noreferrer nofollow">
        {part}
      </a>
    ) : (
      part
    ),
  );
}
