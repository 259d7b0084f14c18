/** What gives a letter's text its form: one stop of Tab, the arrows go from button to button. */
import { Button, TextInput } from "@mantine/core";
import { lift, toggleMark, wrapIn } from "prosemirror-commands";
import type { MarkType, NodeType } from "prosemirror-model";
import { liftListItem, wrapInList } from "prosemirror-schema-list";
import type { Command, EditorState } from "prosemirror-state";
import { type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { caps } from "../actions/keys";
import { useI18n } from "../i18n";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { linkOf, schema } from "./schema";
import { useLetterWords, type Word } from "./texts";
import css from "./compose.module.css";

const { bullet_list: bullets, ordered_list: numbers, list_item: item, blockquote } = schema.nodes;
const { strong, em, underline, link } = schema.marks;

function marked(state: EditorState, mark: MarkType): boolean {
  const { empty, from, to, $from } = state.selection;
  return empty ? Boolean(mark.isInSet(state.storedMarks ?? $from.marks())) : state.doc.rangeHasMark(from, to, mark);
}

function within(state: EditorState, type: NodeType): boolean {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === type) return true;
  return false;
}

interface Tool {
  icon: IconName;
  word: Word;
  on: boolean;
  run: Command;
  code?: string;
}

function toolsOf(state: EditorState): Tool[] {
  const list = (type: NodeType): Command => (within(state, type) ? liftListItem(item) : wrapInList(type));
  return [
    { icon: "bold", word: "write.bold", on: marked(state, strong), run: toggleMark(strong), code: "KeyB" },
    { icon: "italic", word: "write.italic", on: marked(state, em), run: toggleMark(em), code: "KeyI" },
    { icon: "underline", word: "write.underline", on: marked(state, underline), run: toggleMark(underline), code: "KeyU" },
    { icon: "bullets", word: "write.bullets", on: within(state, bullets), run: list(bullets) },
    { icon: "numbers", word: "write.numbers", on: within(state, numbers), run: list(numbers) },
    { icon: "quote", word: "write.quoted", on: within(state, blockquote), run: within(state, blockquote) ? lift : wrapIn(blockquote) },
  ];
}

function withLink(href: string): Command {
  return (state, dispatch) => {
    const { from, to, empty } = state.selection;
    const mark = link.create({ href });
    if (empty) dispatch?.(state.tr.replaceSelectionWith(schema.text(href.replace(/^mailto:/, ""), [mark]), false));
    else dispatch?.(state.tr.removeMark(from, to, link).addMark(from, to, mark));
    return true;
  };
}

export function Toolbar({ state, run, onPictures }: { state: EditorState; run: (command: Command) => void; onPictures: (files: File[]) => void }) {
  const { l } = useLetterWords();
  const bar = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const [asking, setAsking] = useState(false);
  const linked = marked(state, link);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const buttons = [...(bar.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = (at + (event.key === "ArrowRight" ? 1 : -1) + buttons.length) % buttons.length;
    buttons[next]?.focus();
    event.preventDefault();
  };
  return (
    <>
      {/* The arrows are the keyboard's way along a toolbar. */}
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus */}
      <div className={css.toolbar} role="toolbar" aria-label={l("write.format")} ref={bar} onKeyDown={onKeyDown}>
        {toolsOf(state).map(({ icon, word, on, run: command, code }, at) => (
          <button
            key={word}
            type="button"
            className={css.tool}
            tabIndex={at ? -1 : 0}
            aria-pressed={on}
            aria-label={l(word)}
            title={code ? `${l(word)} (${caps({ code, mod: true }).join("+")})` : l(word)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => run(command)}
          >
            <Icon name={icon} size={16} />
          </button>
        ))}
        <button
          type="button"
          className={css.tool}
          tabIndex={-1}
          aria-pressed={linked}
          aria-label={l(linked ? "write.link_remove" : "write.link")}
          title={l(linked ? "write.link_remove" : "write.link")}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => (linked ? run(unlink) : setAsking(!asking))}
        >
          <Icon name="link" size={16} />
        </button>
        <button type="button" className={css.tool} tabIndex={-1} aria-label={l("write.picture")} title={l("write.picture")} onMouseDown={(event) => event.preventDefault()} onClick={() => picker.current?.click()}>
          <Icon name="image" size={16} />
        </button>
        <input
          ref={picker}
          type="file"
          accept="image/png,image/jpeg,image/gif,image/webp"
          multiple
          hidden
          aria-label={l("write.picture")}
          onChange={(event) => {
            onPictures([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
      </div>
      {asking && (
        <AskLink
          onLink={(href) => {
            setAsking(false);
            run(withLink(href));
          }}
          onCancel={() => {
            setAsking(false);
            run(() => true);
          }}
        />
      )}
    </>
  );
}

/** Takes the link off all the text that has it around the cursor. */
const unlink: Command = (state, dispatch) => {
  const { from, to, empty, $from } = state.selection;
  const start = empty ? $from.start() : from;
  dispatch?.(state.tr.removeMark(start, empty ? $from.end() : to, link));
  return true;
};

function AskLink({ onLink, onCancel }: { onLink: (href: string) => void; onCancel: () => void }) {
  const { t } = useI18n();
  const { l } = useLetterWords();
  const [text, setText] = useState("");
  const [bad, setBad] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const href = linkOf(text);
    if (href) onLink(href);
    else setBad(true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onCancel();
  };
  return (
    <form className={css.askLink} onSubmit={submit}>
      <TextInput size="xs" autoFocus onKeyDown={onKeyDown} aria-label={l("write.link_address")} placeholder="https://" value={text} error={bad ? l("write.link_bad") : undefined} onChange={(event) => setText(event.currentTarget.value)} />
      <Button size="xs" type="submit" disabled={!text.trim()}>
        {l("write.link_set")}
      </Button>
      <Button size="xs" variant="default" onClick={onCancel}>
        {t("act.cancel")}
      </Button>
    </form>
  );
}
