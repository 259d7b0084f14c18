/** What is given instead of a file: a place, and somebody's card. Nothing is asked of anybody. */
import { ActionIcon } from "@mantine/core";
import type { Attachment } from "../api/types";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { toast } from "../ui/toasts";
import { mapOf } from "./parts";
import { type Word, useTalkWords } from "./texts";
import css from "./talk.module.css";

export function useCopy(): (text: string) => void {
  const { w } = useTalkWords();
  return (text) => {
    navigator.clipboard?.writeText(text).then(() => toast("good", w("act.copied")), () => {});
  };
}

interface Shown {
  icon: IconName;
  label: Word;
  title: string;
  more: string;
  copied: { label: Word; text: string };
  link: { label: string; href: string } | null;
}

function Row({ icon, label, title, more, copied, link }: Shown) {
  const { w } = useTalkWords();
  const copy = useCopy();
  return (
    <div className={css.given} role="group" aria-label={w(label)}>
      <Icon name={icon} size={22} />
      <span>
        <b>{title || w(label)}</b>
        {more && <span>{more}</span>}
        {link && (
          <a href={link.href} target="_blank" rel="noopener noreferrer nofollow">
            {link.label}
          </a>
        )}
      </span>
      <ActionIcon aria-label={w(copied.label)} title={w(copied.label)} onClick={() => copy(copied.text)}>
        <Icon name="copy" size={16} />
      </ActionIcon>
    </div>
  );
}

export function Place({ item }: { item: Attachment }) {
  const { w } = useTalkWords();
  const { latitude, longitude, title, address } = item.about ?? {};
  const known = typeof latitude === "number" && typeof longitude === "number";
  const where = known ? `${latitude}, ${longitude}` : "";
  return (
    <Row
      icon="place"
      label="place.label"
      title={title || item.name}
      more={[address, where].filter(Boolean).join(" · ")}
      copied={{ label: "place.copy", text: where }}
      link={known ? { label: w("place.open"), href: mapOf(latitude, longitude) } : null}
    />
  );
}

export function Card({ item }: { item: Attachment }) {
  const phone = item.about?.phone ?? "";
  return <Row icon="userCard" label="card.label" title={item.name} more="" copied={{ label: "card.copy", text: phone }} link={phone ? { label: phone, href: `tel:${phone.replace(/[^+\d]/g, "")}` } : null} />;
}
