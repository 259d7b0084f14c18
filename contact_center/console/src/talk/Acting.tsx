/** What is being done with a message, beneath it: changing it, deleting it, looking at what it was. */
import { Button } from "@mantine/core";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { changeMessage, deleteMessage } from "../api/acts";
import type { Message } from "../api/types";
import { isMac } from "../actions/keys";
import { useI18n } from "../i18n";
import { full } from "../i18n/time";
import { acting, type Act } from "../inbox/acting";
import { useAbout } from "../letters/about";
import { useTalkWords } from "./texts";
import { useRun } from "../ui/useRun";
import css from "./talk.module.css";

/** Away with it, and back to where it came from. */
function shut(message: Message): void {
  acting.set(null);
  document.querySelector<HTMLElement>(`[data-seq="${message.seq}"] [data-acts]`)?.focus();
}

function Edit({ message }: { message: Message }) {
  const { t } = useI18n();
  const { w } = useTalkWords();
  const [busy, run] = useRun();
  const [text, setText] = useState(message.text);
  const field = useRef<HTMLTextAreaElement>(null);
  const limit = useAbout()?.capabilities.text_limit ?? Number.POSITIVE_INFINITY;
  const length = [...text].length;
  const good = text.trim() !== "" && text.trim() !== message.text && length <= limit;
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(message.text.length, message.text.length);
  }, [message.text]);
  const save = () => good && run(() => changeMessage(message, text.trim()).then(() => shut(message)));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.code === "Enter" && (isMac ? event.metaKey : event.ctrlKey)) {
      event.preventDefault();
      save();
    }
  };
  return (
    <>
      <textarea ref={field} aria-label={w("edit.label")} value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} />
      <p>
        {w("edit.hint")} {length > limit && `${length} / ${limit}`}
      </p>
      <footer>
        <Button size="compact-sm" variant="default" onClick={() => shut(message)}>
          {t("act.cancel")}
        </Button>
        <Button size="compact-sm" disabled={!good} loading={busy} onClick={save}>
          {w("edit.save")}
        </Button>
      </footer>
    </>
  );
}

function Delete({ message }: { message: Message }) {
  const { t } = useI18n();
  const { w } = useTalkWords();
  const [busy, run] = useRun();
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  return (
    <>
      <p>{w("delete.ask")}</p>
      <footer>
        <Button ref={cancel} size="compact-sm" variant="default" onClick={() => shut(message)}>
          {t("act.cancel")}
        </Button>
        <Button size="compact-sm" color="red.9" loading={busy} onClick={() => run(() => deleteMessage(message).then(() => shut(message)))}>
          {w("delete.yes")}
        </Button>
      </footer>
    </>
  );
}

interface Earlier {
  at: string | null;
  text: string;
}

function History({ message }: { message: Message }) {
  const i18n = useI18n();
  const { w } = useTalkWords();
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  const edits = (Array.isArray(message.data.edits) ? (message.data.edits as Earlier[]) : []).filter((one) => typeof one.text === "string");
  return (
    <>
      <b>{w("history.title")}</b>
      {edits.length ? (
        <ol>
          {edits.toReversed().map((one, at) => (
            <li key={at}>
              <time>{full(i18n, one.at ?? message.created_at)}</time>
              <p>{one.text}</p>
            </li>
          ))}
        </ol>
      ) : (
        <p>{w("history.none")}</p>
      )}
      <footer>
        <Button ref={close} size="compact-sm" variant="default" onClick={() => shut(message)}>
          {i18n.t("act.dismiss")}
        </Button>
      </footer>
    </>
  );
}

const PANES = { edit: Edit, delete: Delete, history: History };

export default function Acting({ message, act }: { message: Message; act: Act }) {
  const { w } = useTalkWords();
  const Pane = PANES[act];
  const section = useRef<HTMLElement>(null);
  // The field grows to its text first.
  useEffect(() => {
    const frame = requestAnimationFrame(() => section.current?.scrollIntoView({ block: "nearest" }));
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    // Esc shuts it wherever in it the focus is; each pane has its button.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      ref={section}
      className={css.acting}
      aria-label={w(`act.${act}`)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        shut(message);
      }}
    >
      <Pane message={message} />
    </section>
  );
}
