/** One line of recipients: addresses as chips that can be changed and taken away, and a field. */
import { type ClipboardEvent, type KeyboardEvent, type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";
import { Icon } from "../ui/Icon";
import type { Box } from "./mail";
import { shown } from "./mail";
import { readRecipients, withOne } from "./recipients";
import { useLetterWords } from "./texts";
import css from "./compose.module.css";

interface Props {
  label: string;
  value: readonly Box[];
  onChange: (value: Box[]) => void;
  unproven: ReadonlySet<string>;
  field?: RefObject<HTMLInputElement | null>;
  /** Asked before the letter is sent: whether all that stands in the fields has become recipients. */
  checks: Set<() => boolean>;
}

export function Recipients({ label, value, onChange, unproven, field, checks }: Props) {
  const { l } = useLetterWords();
  const [text, setText] = useState("");
  const [bad, setBad] = useState("");
  const own = useRef<HTMLInputElement>(null);
  const input = field ?? own;
  const take = (typed: string): boolean => {
    const { found, rest } = readRecipients(typed);
    if (found.length) onChange(withOne(value, ...found));
    setText(rest);
    setBad(rest);
    return !rest;
  };
  const check = useEffectEvent(() => {
    if (!text.trim() || take(text)) return true;
    input.current?.focus();
    return false;
  });
  useEffect(() => {
    const one = () => check();
    checks.add(one);
    return () => void checks.delete(one);
  }, [checks]);
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const { nativeEvent } = event;
    if (nativeEvent.isComposing) return;
    if (text.trim() && (event.key === "," || event.key === ";" || (event.key === "Enter" && !event.ctrlKey && !event.metaKey))) {
      event.preventDefault();
      take(text);
    } else if (text.trim() && event.key === "Enter") {
      // It sends the letter: not before what stands here is a recipient.
      if (!take(text)) event.stopPropagation();
    } else if (event.key === "Backspace" && !text && value.length) {
      onChange(value.slice(0, -1));
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const given = event.clipboardData.getData("text");
    if (text || !given.includes("@")) return;
    event.preventDefault();
    take(given);
  };
  const edit = (box: Box) => {
    if (text.trim()) take(text);
    onChange(value.filter((one) => one !== box));
    setText(shown(box));
    input.current?.focus();
  };
  const errorId = `bad-${label}`;
  return (
    <div className={css.line}>
      <span className={css.label} aria-hidden>
        {label}
      </span>
      <div className={css.boxes}>
        {value.map((box) => {
          const open = unproven.has(box.address.toLowerCase());
          return (
            <span key={box.address} className={css.box} data-unproven={open || undefined} title={open ? `${shown(box)} — ${l("write.unproven")}` : shown(box)}>
              {open && <Icon name="warning" size={13} label={l("write.unproven")} />}
              <button type="button" className={css.boxName} aria-label={l("write.edit", { address: shown(box) })} onClick={() => edit(box)}>
                <span className="ellipsis">{box.name || box.address}</span>
              </button>
              <button type="button" className={css.boxDrop} aria-label={l("write.remove", { address: box.address })} onClick={() => onChange(value.filter((one) => one !== box))}>
                <Icon name="close" size={12} />
              </button>
            </span>
          );
        })}
        <input
          ref={input}
          type="text"
          inputMode="email"
          autoComplete="off"
          spellCheck={false}
          className={css.input}
          aria-label={label}
          aria-invalid={bad ? true : undefined}
          aria-describedby={bad ? errorId : undefined}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setBad("");
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={() => text.trim() && take(text)}
        />
      </div>
      {bad && (
        <p id={errorId} className={css.bad} role="alert">
          {l("write.bad", { text: bad })}
        </p>
      )}
    </div>
  );
}
