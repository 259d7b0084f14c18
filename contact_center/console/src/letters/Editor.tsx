/** The editor of a letter's text. Its keys go by their place on the keyboard, so that they work on
 *  a Russian layout; Tab leaves it, as it leaves any field. */
import { baseKeymap, chainCommands, toggleMark } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { liftListItem, splitListItem } from "prosemirror-schema-list";
import type { Node } from "prosemirror-model";
import { type Command, EditorState, Selection } from "prosemirror-state";
import { EditorView, type NodeView } from "prosemirror-view";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { isMac } from "../actions/keys";
import { type attrsOf, isPicture } from "./pictures";
import { documentOf, htmlOf, schema, textOf } from "./schema";
import { Toolbar } from "./Toolbar";
import css from "./compose.module.css";

const { list_item: item } = schema.nodes;
const { strong, em, underline } = schema.marks;

const BY_PLACE: Record<string, Command> = {
  KeyB: toggleMark(strong),
  KeyI: toggleMark(em),
  KeyU: toggleMark(underline),
  KeyZ: undo,
  KeyY: redo,
};
const newLine: Command = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(schema.nodes.hard_break.create()).scrollIntoView());
  return true;
};

function byPlace(view: EditorView, event: KeyboardEvent): boolean {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  if (!mod || event.altKey) return false;
  const command = event.shiftKey ? (event.code === "KeyZ" ? redo : undefined) : BY_PLACE[event.code];
  if (!command) return false;
  command(view.state, view.dispatch);
  return true;
}

function stateOf(html: string): EditorState {
  const keys = {
    Enter: chainCommands(splitListItem(item), baseKeymap.Enter as Command),
    "Shift-Enter": newLine,
    Backspace: chainCommands(emptyItem, baseKeymap.Backspace as Command),
  };
  return EditorState.create({ doc: documentOf(html), plugins: [history(), keymap(keys), keymap(baseKeymap)] });
}

/** Backspace at the beginning of a list's item takes it out of the list. */
const emptyItem: Command = (state, dispatch) => {
  const { $cursor } = state.selection as { $cursor?: { parentOffset: number } };
  return $cursor?.parentOffset === 0 && liftListItem(item)(state, dispatch);
};

export interface Handle {
  focus: () => void;
  blur: () => void;
  /** Take the pictures among these files into the text; returns the other files. */
  take: (files: Iterable<File>) => File[];
}

/** Some programs copy a picture of the text beside the text. */
function isText(data: DataTransfer): boolean {
  return Boolean(new DOMParser().parseFromString(data.getData("text/html"), "text/html").body.textContent?.trim());
}

/** A picture is shown from where the browser finds it, whatever the letter calls it. */
function pictureView(place: (src: string) => string | null): (node: Node) => NodeView {
  return ({ attrs }) => {
    const dom = document.createElement("img");
    const found = place(String(attrs.src));
    if (found) dom.src = found;
    dom.alt = String(attrs.alt);
    if (attrs.width) dom.width = Number(attrs.width);
    return { dom };
  };
}

interface EditorProps {
  html: string;
  label: string;
  hint: string;
  onChange: (html: string, text: string) => void;
  /** Upload pictures; `done` is told of each when it is there. */
  onPictures: (files: File[], done: (attrs: ReturnType<typeof attrsOf>) => void) => void;
  /** Where the browser finds a picture of the letter. */
  placed: (src: string) => string | null;
  onReady: (handle: Handle | null) => void;
}

export function Editor({ html, label, hint, onChange, onPictures, placed, onReady }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const told = useRef(html);
  const latest = useRef({ onChange, onPictures, placed, onReady });
  useLayoutEffect(() => {
    latest.current = { onChange, onPictures, placed, onReady };
  });
  const take = useCallback((files: Iterable<File>): File[] => {
    const all = [...files];
    const pictures = all.filter(isPicture);
    if (pictures.length) {
      latest.current.onPictures(pictures, (attrs) => {
        const now = view.current;
        now?.dispatch(now.state.tr.replaceSelectionWith(schema.nodes.image.create(attrs), false).scrollIntoView());
      });
    }
    return all.filter((file) => !isPicture(file));
  }, []);
  const [state, setState] = useState<EditorState | null>(null);

  useLayoutEffect(() => {
    if (!place.current) return undefined;
    const made: EditorView = new EditorView(place.current, {
      state: stateOf(told.current),
      attributes: { class: css.editor ?? "", role: "textbox", "aria-multiline": "true", "aria-label": label, "aria-placeholder": hint },
      handleKeyDown: byPlace,
      nodeViews: { image: pictureView((src) => latest.current.placed(src)) },
      // Files come from around the editor, by `take`; text is not taken for the picture of it.
      handlePaste: (_, event) => {
        const data = event.clipboardData;
        if (!data?.files.length) return false;
        if (!isText(data)) return true;
        event.stopPropagation();
        return false;
      },
      handleDrop: (_, event) => Boolean(event.dataTransfer?.files.length),
      dispatchTransaction(change) {
        const next = made.state.apply(change);
        made.updateState(next);
        setState(next);
        if (!change.docChanged) return;
        told.current = htmlOf(next.doc);
        latest.current.onChange(told.current, textOf(next.doc));
      },
    });
    view.current = made;
    setState(made.state);
    latest.current.onReady({
      focus: () => {
        made.focus();
        made.dispatch(made.state.tr.setSelection(Selection.atStart(made.state.doc)).scrollIntoView());
      },
      blur: () => made.dom.blur(),
      take,
    });
    return () => {
      latest.current.onReady(null);
      view.current = null;
      made.destroy();
    };
  }, [label, hint, take]);

  // What changed elsewhere: undone, sent, written on another computer.
  useEffect(() => {
    if (html === told.current) return;
    told.current = html;
    const next = stateOf(html);
    view.current?.updateState(next);
    setState(next);
  }, [html]);

  const run = (command: Command) => {
    const held = view.current;
    if (!held) return;
    command(held.state, held.dispatch);
    held.focus();
  };
  const empty = !html;
  return (
    <>
      {state && <Toolbar state={state} run={run} onPictures={take} />}
      <div className={css.place} data-empty={empty || undefined} data-hint={hint} ref={place} />
    </>
  );
}
