import { Button } from "@mantine/core";
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, Suspense, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useMe, useNames } from "../api/hooks";
import type { Contact, DraftKind } from "../api/types";
import type { Ready } from "../letters/LetterDesk";
import { isMac } from "../actions/keys";
import { useI18n } from "../i18n";
import { live } from "../live/connection";
import { useTyping } from "../live/ephemera";
import { Icon } from "../ui/Icon";
import { lazily } from "../ui/lazily";
import { useStore } from "../ui/store";
import { toast } from "../ui/toasts";
import { unfinished } from "./buttons";
import { kindOf, refused } from "./carried";
import { size } from "./Attachments";
import { Chips } from "./Chips";
import { ComposerFoot } from "./ComposerFoot";
import { ComposerTabs } from "./ComposerTabs";
import { drafts, NOTHING, useDraft } from "./drafts";
import { isMeant, wanted } from "./focus";
import { outbox } from "./outbox";
import { addFiles, useUploads } from "./uploads";
import css from "./composer.module.css";

const LetterDesk = lazily(() => import("../letters/LetterDesk"));
const Desk = lazily(() => import("../talk/Desk"));

const TYPING_EVERY = 3000;
/** Characters that the service takes in one message or note. */
const MOST = 20_000;

/** What forbids a reply, worded; null where one may reply. */
function useNoReply(contact: Contact): string | null {
  const { t } = useI18n();
  const me = useMe();
  const { employees } = useNames();
  if (contact.can.reply) return null;
  if (contact.state === "closed") return t("composer.closed");
  if (!contact.operator_id) return t("composer.not_taken");
  if (contact.operator_id !== me.employee.id) {
    return t("composer.others", { name: employees.get(contact.operator_id)?.name ?? t("system.somebody") });
  }
  return t("composer.cannot");
}

export function Composer({ contact }: { contact: Contact }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { id, capabilities } = contact;
  const may = contact.can.reply ?? false;
  const noReply = useNoReply(contact);
  const [tab, setTab] = useState<DraftKind>(() => (may || !contact.can.note ? "reply" : "note"));
  const kind: DraftKind = tab;
  const draft = useDraft(id, kind);
  const otherDraft = useDraft(id, kind === "reply" ? "note" : "reply");
  const uploads = useUploads(id, kind);
  const field = useRef<HTMLTextAreaElement>(null);
  const letterField = useRef<Ready | null>(null);
  const [, setReady] = useState(0);
  const [writing, setWriting] = useState(false);
  const [dropping, setDropping] = useState(false);
  const [anyway, setAnyway] = useState(false);
  const typedAt = useRef(0);
  const colleague = useTyping(id).find((one) => one.type === "employee" && one.kind === "reply");
  const want = useStore(wanted);
  const wantedBefore = useRef(want.n);

  useEffect(() => {
    drafts.adopt(id, "reply", contact.drafts.reply);
    drafts.adopt(id, "note", contact.drafts.note);
  }, [id, contact.drafts]);

  // Before the next key comes, the tab is open and the cursor is in the field: in layout effects.
  const toFocus = useRef(false);
  useLayoutEffect(() => {
    const meant = isMeant(want, id, wantedBefore.current);
    wantedBefore.current = want.n;
    if (!meant) return;
    toFocus.current = true;
    setTab(want.kind);
    setWriting(true);
  }, [id, want]);
  useLayoutEffect(() => {
    const plain = field.current;
    const element = plain ?? letterField.current;
    if (!toFocus.current || !element) return;
    toFocus.current = false;
    element.focus();
    plain?.setSelectionRange(plain.value.length, plain.value.length);
  });

  // Who has just taken a contact means to answer, unless a note is begun.
  const could = useRef(may);
  useEffect(() => {
    if (may && !could.current && !drafts.read(id, "note").text) setTab("reply");
    could.current = may;
  }, [id, may]);

  // Losing the window or the tab saves at once.
  useEffect(() => {
    const leave = () => void drafts.flush();
    addEventListener("blur", leave);
    return () => removeEventListener("blur", leave);
  }, []);

  const limit = Math.min(MOST, (kind === "reply" && capabilities.text_limit) || MOST);
  const length = [...draft.text].length;
  const tooLong = length > limit;
  const uploading = uploads.some((entry) => !entry.error);
  const passesOn = kind === "reply" && Boolean(draft.letter?.forwards && draft.letter.whole);
  const empty = !draft.text.trim() && !draft.attachments.length && !passesOn;
  const locked = kind === "reply" && Boolean(colleague) && !anyway;
  const blocked = kind === "reply" ? !may : contact.can.note === false;
  const isLetter = kind === "reply" && capabilities.letters;
  const begun = writing || Boolean(draft.text || draft.letter);
  const nobody = isLetter && draft.letter?.to.length === 0;
  const isTalk = kind === "reply" && !isLetter && !blocked;
  const bears = isTalk ? capabilities.buttons : 0;
  const halfDone = isTalk && (draft.buttons.some(unfinished) || draft.attachments.some((file) => refused(file, capabilities.attachments)));
  const canSend = !empty && !tooLong && !uploading && !blocked && !nobody && !halfDone;

  useEffect(() => {
    if (!colleague) setAnyway(false);
  }, [colleague]);

  const send = (close: boolean) => {
    if (uploading && !blocked) toast("info", t("composer.still_uploading"));
    if (!canSend || locked) return;
    if (isLetter && letterField.current?.isSettled() === false) return;
    // As it is now: a recipient may have been taken in by the same key.
    const now = drafts.read(id, kind);
    const letter = isLetter && now.letter ? { letter: now.letter } : {};
    const more = isTalk ? { buttons: now.buttons, ...(now.reply_to && capabilities.reply_to ? { reply_to: now.reply_to } : {}) } : {};
    outbox.add({ contact: id, client: contact.client.name, kind, text: now.text.trim(), attachments: now.attachments, ...letter, ...more, ...(close && kind === "reply" ? { close: true } : {}) });
    drafts.write(id, kind, NOTHING);
    setAnyway(false);
    setWriting(false);
    if (isLetter) requestAnimationFrame(() => document.getElementById("begin-letter")?.focus());
    else field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.code === "Enter" && (isMac ? event.metaKey : event.ctrlKey)) {
      event.preventDefault();
      send(event.shiftKey);
    } else if (event.key === "Escape") (document.activeElement as HTMLElement | null)?.blur();
  };
  const tellTyping = () => {
    if (Date.now() - typedAt.current > TYPING_EVERY) {
      typedAt.current = Date.now();
      live.typing(id, kind);
    }
  };
  const onType = (text: string) => {
    drafts.write(id, kind, { text });
    tellTyping();
  };
  /** Pictures go into the text of a letter, all else beside it. */
  const take = (files: Iterable<File>) => addFiles(id, kind, (kind === "reply" && letterField.current?.take(files)) || (isTalk ? carried(files) : files));
  /** What cannot be sent is refused aloud, before it goes anywhere. */
  const carried = (files: Iterable<File>) =>
    [...files].filter((file) => {
      const of = kindOf(file.type);
      const why = refused({ kind: of, size: file.size }, capabilities.attachments);
      const most = size(i18n, capabilities.attachments[of] ?? null);
      if (why) toast("bad", t(`composer.no_${why}`, { name: file.name, kind: t(`kind.${of as "file"}`), most }));
      return !why;
    });
  const onPaste = (event: ClipboardEvent) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  };
  const begin = () => {
    toFocus.current = true;
    setWriting(true);
  };
  const choose = (next: DraftKind, write: boolean) => {
    setTab(next);
    if (write) begin();
  };
  const onReady = (handle: typeof letterField.current) => {
    letterField.current = handle;
    if (handle) setReady((n) => n + 1);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDropping(false);
    if (!blocked) take(event.dataTransfer.files);
  };
  return (
    // Dropping files has its keyboard way in the button "attach".
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className={css.composer}
      data-kind={kind}
      data-dropping={dropping || undefined}
      aria-label={t("composer.label")}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={onDrop}
    >
      {colleague && kind === "reply" && (
        <div className={css.lock} role="status">
          <Icon name="edit" size={15} />
          <span>{t("composer.colleague", { name: colleague.name })}</span>
          {!anyway && !empty && (
            <Button size="compact-xs" variant="default" onClick={() => setAnyway(true)}>
              {t("composer.anyway")}
            </Button>
          )}
        </div>
      )}
      <ComposerTabs kind={kind} draft={draft} other={otherDraft} choose={choose} />
      {kind === "reply" && noReply && (
        <p className={css.noReply}>
          <Icon name="info" size={15} /> {noReply}
        </p>
      )}
      <div id="composer-field" className={css.body} role="tabpanel" aria-labelledby={`tab-${kind}`}>
        {!blocked && isLetter && !begun && (
          <button type="button" id="begin-letter" className={`${css.field} ${css.begin}`} onClick={begin} onPointerEnter={() => void import("../letters/LetterDesk").catch(() => {})}>
            {t("composer.reply_hint")}
          </button>
        )}
        {!blocked && isLetter && begun && (
          // Keys and pasted files of the whole letter; what is in it has its own keyboard ways.
          // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
          <div onKeyDown={onKeyDown} onPaste={onPaste}>
            <Suspense fallback={<div className={css.field} />}>
              <LetterDesk contact={contact} draft={draft} onType={tellTyping} onReady={onReady} />
            </Suspense>
          </div>
        )}
        {!blocked && !isLetter && (
          <textarea
            ref={field}
            className={css.field}
            aria-label={t(`composer.${kind}`)}
            placeholder={t(`composer.${kind}_hint`)}
            value={draft.text}
            rows={2}
            onChange={(event) => onType(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
        )}
        <Chips contact={id} kind={kind} done={draft.attachments} uploads={uploads} carries={isTalk ? capabilities.attachments : undefined} />
        {isTalk && (
          <Suspense fallback={null}>
            <Desk contact={contact} draft={draft} />
          </Suspense>
        )}
      </div>
      {!blocked && (
        <ComposerFoot
          kind={kind}
          may={{ send: canSend && !locked, close: Boolean(contact.can.close) }}
          length={length > limit * 0.8 ? { now: length, most: limit } : null}
          addButton={bears > 0 ? { full: draft.buttons.length >= bears, add: () => drafts.write(id, kind, { buttons: [...draft.buttons, { text: "" }] }) } : null}
          take={take}
          send={send}
        />
      )}
      {dropping && !blocked && <div className={css.drop}>{t("composer.drop")}</div>}
    </section>
  );
}
