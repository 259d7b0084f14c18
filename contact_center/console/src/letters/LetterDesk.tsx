/** Where a letter is written: to whom, about what, its text with form, what stands below it. */
import { Button, Switch, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ComponentProps, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import "@mantine/core/styles/Switch.css";
import { useMessages } from "../api/hooks";
import { get } from "../api/http";
import { keys } from "../api/keys";
import type { Contact, LetterDraft, LetterStart } from "../api/types";
import { drafts, type Kept } from "../inbox/drafts";
import { addFiles } from "../inbox/uploads";
import { useI18n } from "../i18n";
import { full } from "../i18n/time";
import { Icon } from "../ui/Icon";
import { Bones } from "../ui/states";
import { Editor, type Handle } from "./Editor";
import { mailOf } from "./mail";
import { attrsOf, keep, placeOf, withoutGone } from "./pictures";
import { Recipients } from "./Recipients";
import { othersOf, startOf, unprovenOf, withOne } from "./recipients";
import { sameLetter } from "./same";
import { htmlOfText } from "./schema";
import { useLetterWords } from "./texts";
import { WholeLetter } from "./WholeLetter";
import css from "./compose.module.css";

/** What the composer does with the letter: `isSettled` says, and shows, whether all recipients can be read. */
export type Ready = Handle & { isSettled: () => boolean };

interface DeskProps {
  contact: Contact;
  draft: Kept;
  /** Told at every change of the text, for those who see that somebody is writing. */
  onType: () => void;
  onReady: (handle: Ready | null) => void;
}

/** What the letter begins with: asked anew when something was said meanwhile. */
function useStart(contact: Contact): { start: LetterStart | undefined; isPending: boolean } {
  const { data: start, isPending } = useQuery({
    queryKey: keys.letter(contact.id, contact.last_seq),
    queryFn: () => get("/contacts/{id}/letter", { path: { id: contact.id } }),
    staleTime: 60_000,
    placeholderData: (held, before) => (before?.queryKey[1] === contact.id ? held : undefined),
  });
  return { start, isPending };
}

/** The last letter that a person wrote to us here. */
function useLastMail(contact: Contact) {
  const { data } = useMessages(contact.id);
  return useMemo(() => {
    const mails = (data?.items ?? []).filter((one) => one.kind === "inbound" && !one.deleted_at).map(mailOf);
    return mails.findLast((mail) => mail && (!mail.automatic || mail.automatic === "bulk")) ?? null;
  }, [data]);
}

/** Nobody writes before it is known whom it goes to; where that cannot be asked, to the owner. */
export default function LetterDesk(props: DeskProps) {
  const { start, isPending } = useStart(props.contact);
  return isPending ? <Bones rows={3} kind="bubble" /> : <Desk {...props} start={start} />;
}

function Desk({ contact, draft, onType, onReady, start }: DeskProps & { start: LetterStart | undefined }) {
  const { l } = useLetterWords();
  const last = useLastMail(contact);
  const to = useRef<HTMLInputElement>(null);
  const cc = useRef<HTMLInputElement>(null);
  const editor = useRef<Handle | null>(null);
  const [checks] = useState(() => new Set<() => boolean>());
  const beginning = startOf(contact, start);
  const chosen = draft.letter ?? beginning;
  const letter = { ...chosen, html: chosen.html || htmlOfText(draft.text) };
  const [copies, setCopies] = useState(false);
  const open = copies || letter.cc.length > 0 || letter.bcc.length > 0;
  const unproven = unprovenOf(contact, last);
  const others = othersOf(last, start?.own ?? [], [...letter.to, ...letter.cc, ...letter.bcc]);
  const forwards = Boolean(letter.forwards);
  const change = (part: Partial<LetterDraft>, text = draft.text) => {
    const next = { ...letter, ...part };
    // Nothing chosen and nothing written is no draft.
    const kept = !text && !draft.attachments.length && sameLetter(next, beginning) ? null : next;
    drafts.write(contact.id, "reply", { text, letter: kept });
  };
  // A file taken out of the draft leaves the text, too.
  const left = withoutGone(letter.html, draft.attachments);
  const changed = useEffectEvent((html: string) => change({ html }));
  useEffect(() => {
    if (left !== letter.html) changed(left);
  }, [left, letter.html]);
  const onPictures: ComponentProps<typeof Editor>["onPictures"] = (files, done) =>
    addFiles(contact.id, "reply", files, (stored, file) => {
      keep(stored.id, file);
      done(attrsOf(stored));
    });
  const ready = (handle: Handle | null) => {
    editor.current = handle;
    const focus = () => (to.current && drafts.read(contact.id, "reply").letter?.to.length === 0 ? to.current.focus() : handle?.focus());
    onReady(handle && { ...handle, focus, isSettled: () => [...checks].every((check) => check()) });
  };
  // Both buttons are gone when they are pressed: the keyboard goes on where it is wanted next.
  const showCopies = () => {
    flushSync(() => setCopies(true));
    cc.current?.focus();
  };
  const toAll = () => {
    flushSync(() => change({ cc: withOne(letter.cc, ...others) }));
    editor.current?.focus();
  };
  return (
    <div className={css.desk}>
      {forwards && (
        <div className={css.forwarding} role="status">
          <Icon name="forward" size={15} />
          <span>{l("write.forwarding")}</span>
          <Button size="compact-xs" variant="default" onClick={() => drafts.write(contact.id, "reply", { text: "", attachments: [], letter: null })}>
            {l("write.drop")}
          </Button>
        </div>
      )}
      <div className={css.lines}>
        <div className={css.first}>
          <Recipients checks={checks} label={l("write.to")} value={letter.to} onChange={(value) => change({ to: value })} unproven={unproven} field={to} />
          <span className={css.tools}>
            {others.length > 0 && !forwards && (
              <Tooltip multiline w={280} label={l("write.all_text", { names: others.map((one) => one.address).join(", ") })}>
                <Button size="compact-xs" variant="subtle" onClick={toAll} leftSection={<Icon name="replyAll" size={15} />}>
                  {l("write.all")}
                </Button>
              </Tooltip>
            )}
            {!open && (
              <Button size="compact-xs" variant="subtle" onClick={showCopies}>
                {l("write.copies")}
              </Button>
            )}
          </span>
        </div>
        {open && <Recipients checks={checks} label={l("write.cc")} value={letter.cc} onChange={(value) => change({ cc: value })} unproven={unproven} field={cc} />}
        {open && <Recipients checks={checks} label={l("write.bcc")} value={letter.bcc} onChange={(value) => change({ bcc: value })} unproven={unproven} />}
        <label className={css.line}>
          <span className={css.label}>{l("write.subject")}</span>
          <input className={css.input} type="text" maxLength={500} value={letter.subject} onChange={(event) => change({ subject: event.currentTarget.value })} />
        </label>
      </div>
      <Editor
        html={letter.html}
        label={l("write.text")}
        hint={l("write.text")}
        onReady={ready}
        onPictures={onPictures}
        placed={(src) => placeOf(src, drafts.read(contact.id, "reply").attachments)}
        onChange={(html, text) => {
          change({ html }, text);
          onType();
        }}
      />
      {!letter.to.length && (
        <p className={css.nobody} role="status">
          <Icon name="info" size={14} /> {l("write.nobody")}
        </p>
      )}
      {forwards && letter.whole && <PassedOn id={letter.forwards} />}
      <Below start={start} letter={letter} onQuote={(quote) => change({ quote })} />
    </div>
  );
}

/** The letter that is passed on as it came: the service puts it below the text. */
function PassedOn({ id }: { id: string | null }) {
  const { l } = useLetterWords();
  const [open, setOpen] = useState(false);
  if (!id) return null;
  return (
    <div className={css.below}>
      <button type="button" className={css.quoteOf} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "chevronDown" : "chevronRight"} size={14} />
        <span className="ellipsis">{l("write.passed_on")}</span>
      </button>
      {open && <WholeLetter message={{ id }} />}
    </div>
  );
}

/** What the service puts below the text: shown before it is sent. */
function Below({ start, letter, onQuote }: { start: LetterStart | undefined; letter: LetterDraft; onQuote: (quote: boolean) => void }) {
  const i18n = useI18n();
  const { l } = useLetterWords();
  const [open, setOpen] = useState(false);
  const quoted = letter.forwards ? null : start?.quoted;
  if (!start?.signature && !quoted) return null;
  return (
    <div className={css.below}>
      {start?.signature && (
        <p className={css.signature} aria-label={l("write.signature")} role="note">
          {start.signature}
        </p>
      )}
      {quoted && (
        <>
          <div className={css.quoteLine}>
            <Switch size="xs" label={l("write.quote")} checked={letter.quote} onChange={(event) => onQuote(event.currentTarget.checked)} />
            <button type="button" className={css.quoteOf} aria-expanded={open} onClick={() => setOpen(!open)}>
              <Icon name={open ? "chevronDown" : "chevronRight"} size={14} />
              <span className="ellipsis">{l("write.quote_of", { author: quoted.author, at: full(i18n, quoted.at) })}</span>
            </button>
          </div>
          {open && (
            <p className={css.quoted} data-off={!letter.quote || undefined}>
              {quoted.text}
            </p>
          )}
        </>
      )}
    </div>
  );
}
