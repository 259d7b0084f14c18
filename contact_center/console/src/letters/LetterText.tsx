/** The text of a letter: quotes between its words folded, and all of it where it is long. */
import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import { Text } from "../inbox/Text";
import { isLong, partsOf } from "./mail";
import { useLetterWords } from "./texts";
import css from "./letter.module.css";

export function LetterText({ text, ours }: { text: string; ours: boolean }) {
  const { l } = useLetterWords();
  const [all, setAll] = useState(false);
  const parts = useMemo(() => partsOf(text, ours), [text, ours]);
  const long = isLong(text);
  if (!parts.length) return null;
  return (
    <>
      <div className={css.text} data-folded={(long && !all) || undefined}>
        {parts.map((part, at) =>
          part.quoted ? (
            <details key={at} className={css.quoted}>
              <summary>{l("text.quoted", { n: part.text.split("\n").length })}</summary>
              <p>
                <Text text={part.text} />
              </p>
            </details>
          ) : (
            <p key={at}>
              <Text text={part.text} />
            </p>
          ),
        )}
      </div>
      {long && (
        <div>
          <Button size="compact-xs" variant="subtle" aria-expanded={all} onClick={() => setAll(!all)}>
            {l(all ? "text.less" : "text.all")}
          </Button>
        </div>
      )}
    </>
  );
}
