/** Where a letter may become the first of a contact of its own: in its menu, and where its subject
 *  says that it speaks of something else. */
import { Button, Menu } from "@mantine/core";
import type { Message } from "../api/types";
import { useAbout } from "../letters/about";
import { useLetterWords } from "../letters/texts";
import { Icon } from "../ui/Icon";
import { parting } from "./parting";
import css from "./dialogs.module.css";

function useSplit(message: Message): (() => void) | null {
  const contact = useAbout();
  if (!contact?.can.part || message.seq <= 1) return null;
  return () => parting.set({ act: "split", contact: contact.id, message: message.id });
}

export function PartItem({ message }: { message: Message }) {
  const { l } = useLetterWords();
  const split = useSplit(message);
  if (!split) return null;
  return (
    <Menu.Item leftSection={<Icon name="split" size={16} />} onClick={split}>
      {l("part.from_here")}
    </Menu.Item>
  );
}

export function PartOffer({ message }: { message: Message }) {
  const { l } = useLetterWords();
  const split = useSplit(message);
  if (message.data.subject_changed !== true || !split) return null;
  return (
    <p className={css.offer}>
      <Icon name="split" size={15} />
      <span>{l("part.changed")}</span>
      <Button size="compact-xs" variant="default" onClick={split}>
        {l("part.offer")}
      </Button>
    </p>
  );
}
