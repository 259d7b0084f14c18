/** What can be done with one message. */
import { Menu } from "@mantine/core";
import { type ButtonHTMLAttributes, useRef } from "react";
import type { Message } from "../api/types";
import { drafts } from "../inbox/drafts";
import { acting, type Act } from "../inbox/acting";
import { focusComposer } from "../inbox/focus";
import { useAbout } from "../letters/about";
import { Icon } from "../ui/Icon";
import { useCopy } from "./Given";
import { mayChange, mayDelete } from "./may";
import { useTalkWords } from "./texts";

export default function Acts({ message, mine, button }: { message: Message; mine: boolean; button: ButtonHTMLAttributes<HTMLButtonElement> }) {
  const { w } = useTalkWords();
  const contact = useAbout();
  const copy = useCopy();
  const does = (act: Act) => () => acting.set({ message: message.id, act });
  const quote = () => {
    drafts.write(message.contact_id, "reply", { reply_to: message.id });
    focusComposer(message.contact_id, "reply");
  };
  const target = useRef<HTMLButtonElement>(null);
  // Back to where it was opened, unless what was chosen has taken the focus elsewhere.
  const onClose = () =>
    requestAnimationFrame(() => {
      const here = document.activeElement;
      if (here === document.body || here?.closest('[role="menu"]')) target.current?.focus();
    });
  const answers = contact?.can.reply && contact.capabilities.reply_to && message.kind !== "note";
  return (
    <Menu defaultOpened returnFocus={false} position="bottom-end" onClose={onClose}>
      <Menu.Target>
        <button ref={target} {...button}>
          <Icon name="more" size={16} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {answers && (
          <Menu.Item leftSection={<Icon name="reply" size={16} />} onClick={quote}>
            {w("act.quote")}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => copy(message.text)} disabled={!message.text}>
          {w("act.copy")}
        </Menu.Item>
        {mayChange(message, contact, mine) && (
          <Menu.Item leftSection={<Icon name="edit" size={16} />} onClick={does("edit")}>
            {w("act.edit")}
          </Menu.Item>
        )}
        {message.edited_at && (
          <Menu.Item leftSection={<Icon name="history" size={16} />} onClick={does("history")}>
            {w("act.history")}
          </Menu.Item>
        )}
        {mayDelete(message, contact, mine) && (
          <Menu.Item color="red" leftSection={<Icon name="trash" size={16} />} onClick={does("delete")}>
            {w("act.delete")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
