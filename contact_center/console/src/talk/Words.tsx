/** The text of a message with what is marked in it. Nothing of it is ever HTML. */
import { type ReactNode, useState } from "react";
import { Text } from "../inbox/Text";
import { type Marked, type Piece, pieces, type Entity } from "./entities";
import { useTalkWords } from "./texts";
import css from "./talk.module.css";

function Spoiler({ children }: { children: ReactNode }) {
  const { w } = useTalkWords();
  const [shown, setShown] = useState(false);
  if (shown) return <span className={css.revealed}>{children}</span>;
  return (
    <button type="button" className={css.spoiler} onClick={() => setShown(true)} aria-label={w("content.hidden")}>
      <span aria-hidden inert>
        {children}
      </span>
    </button>
  );
}

function Span({ one }: { one: Marked }): ReactNode {
  const inside = <Pieces of={one.parts} bare={one.href !== null || one.type === "code" || one.type === "pre"} />;
  if (one.href) {
    return (
      <a href={one.href} target="_blank" rel="noopener noreferrer nofollow">
        {inside}
      </a>
    );
  }
  switch (one.type) {
    case "bold":
      return <b>{inside}</b>;
    case "italic":
      return <i>{inside}</i>;
    case "underline":
      return <u>{inside}</u>;
    case "strikethrough":
      return <s>{inside}</s>;
    case "code":
      return <code className={css.code}>{inside}</code>;
    case "pre":
      return (
        <span className={css.pre} data-language={one.language || undefined}>
          <code>{inside}</code>
        </span>
      );
    case "blockquote":
    case "expandable_blockquote":
      return <span className={css.blockquote}>{inside}</span>;
    case "spoiler":
      return <Spoiler>{inside}</Spoiler>;
    default:
      return <span className={css.named}>{inside}</span>;
  }
}

function Pieces({ of, bare }: { of: readonly Piece[]; bare?: boolean }): ReactNode {
  return of.map((one, at) => (typeof one === "string" ? bare ? one : <Text key={at} text={one} /> : <Span key={at} one={one} />));
}

export function Words({ text, entities }: { text: string; entities: readonly Entity[] }) {
  return <Pieces of={pieces(text, entities)} />;
}
