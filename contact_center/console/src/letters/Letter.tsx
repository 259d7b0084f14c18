/** A letter in the thread: subject, people, proof, what it is, its text, and the whole of it. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { useState } from "react";
import type { Message } from "../api/types";
import { Attachments } from "../inbox/Attachments";
import { PartItem, PartOffer } from "../inbox/PartOffer";
import { Icon } from "../ui/Icon";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";
import { useAbout } from "./about";
import { useForward } from "./forward";
import { Head } from "./Head";
import { LetterText } from "./LetterText";
import { chosenOf, mailOf } from "./mail";
import { Marks } from "./Marks";
import { Rich } from "./rich";
import { saveSource } from "./source";
import { useLetterWords } from "./texts";
import { WholeLetter } from "./WholeLetter";
import css from "./letter.module.css";

/** Stored files are of the type their bytes show, and a signature's show none. */
const SIGNATURE = /\.p7s$|^signature\.asc$/i;

export default function Letter({ message, subject }: { message: Message; subject: string | undefined }) {
  const { l } = useLetterWords();
  const [whole, setWhole] = useState(false);
  const mail = mailOf(message);
  const { html } = chosenOf(message);
  // What the letter shows within its text is not listed again beside it, nor is its signature.
  const within = message.has_body || Boolean(html);
  const files = message.attachments.filter((file) => !(within && file.inline) && !(mail?.protection.length && SIGNATURE.test(file.name)));
  return (
    <div className={css.letter}>
      {subject && (
        <h3 className={css.subject}>
          <span className="visually-hidden">{l("head.subject", { subject: "" })}</span>
          {subject}
        </h3>
      )}
      <PartOffer message={message} />
      <Head message={message} mail={mail} />
      {mail && <Marks mail={mail} />}
      {html ? <Rich html={html} files={message.attachments} /> : <LetterText text={message.text} ours={mail === null} />}
      {files.length > 0 && <Attachments items={files} contact={message.contact_id} />}
      {whole && <WholeLetter message={message} />}
      <div className={css.acts}>
        {message.has_body && (
          <Button size="compact-xs" variant="subtle" aria-expanded={whole} onClick={() => setWhole(!whole)} leftSection={<Icon name="mail" size={14} />}>
            {l(whole ? "whole.hide" : "whole.show")}
          </Button>
        )}
        <More message={message} came={mail !== null} />
      </div>
    </div>
  );
}

function More({ message, came }: { message: Message; came: boolean }) {
  const { l } = useLetterWords();
  const contact = useAbout();
  const text = useProblemText();
  const forward = useForward();
  const may = contact?.can.reply ?? false;
  if (!may && !came) return null;
  const save = () => {
    saveSource(message.id).catch((error: unknown) => toast("bad", (error as { code?: string }).code === "source_gone" ? l("source.gone") : text(error)));
  };
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <ActionIcon size={24} aria-label={l("act.more")}>
          <Icon name="more" size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {may && contact && (
          <Menu.Item leftSection={<Icon name="forward" size={16} />} onClick={() => void forward(contact, message)}>
            {l("act.forward")}
          </Menu.Item>
        )}
        <PartItem message={message} />
        {came && (
          <Menu.Item leftSection={<Icon name="download" size={16} />} onClick={save}>
            {l("act.source")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
