/** Buttons under a reply: added, worded, ordered, removed; each answers or opens an address. */
import { ActionIcon, Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { Choice } from "../api/types";
import { moved } from "../inbox/buttons";
import { drafts } from "../inbox/drafts";
import { Icon } from "../ui/Icon";
import { useTalkWords } from "./texts";
import css from "./desk.module.css";

const MOST_EVER = 20;

export function Buttons({ contact, buttons, most }: { contact: string; buttons: readonly Choice[]; most: number }) {
  const { w } = useTalkWords();
  const list = useRef<HTMLUListElement>(null);
  const before = useRef(0);
  const limit = Math.min(most, MOST_EVER);
  const put = (next: readonly Choice[]) => drafts.write(contact, "reply", { buttons: next });
  const change = (at: number, to: Partial<Choice>) => put(buttons.map((one, place) => (place === at ? { ...one, ...to } : one)));

  // Where one was added, one goes on writing.
  useEffect(() => {
    if (buttons.length > before.current && !buttons.at(-1)?.text) list.current?.querySelector<HTMLInputElement>("li:last-child input")?.focus();
    before.current = buttons.length;
  }, [buttons]);

  return (
    <div className={css.buttons}>
      <ul ref={list} aria-label={w("buttons.label")}>
        {buttons.map(({ text, value, url }, at) => {
          const n = at + 1;
          const opens = typeof url === "string";
          return (
            // They have no names of their own but their places.
            // oxlint-disable-next-line react/no-array-index-key
            <li key={at}>
              <input className={css.input} value={text} maxLength={100} aria-label={w("buttons.text", { n })} placeholder={w("buttons.text", { n })} onChange={(event) => change(at, { text: event.currentTarget.value })} />
              <select className={css.input} value={opens ? "opens" : "answers"} aria-label={w("buttons.kind", { n })} onChange={(event) => change(at, event.currentTarget.value === "opens" ? { url: "https://", value: "" } : { url: null })}>
                <option value="answers">{w("buttons.answers")}</option>
                <option value="opens">{w("buttons.opens")}</option>
              </select>
              {opens ? (
                <input className={css.input} type="url" value={url} maxLength={2000} aria-label={w("buttons.url", { n })} onChange={(event) => change(at, { url: event.currentTarget.value })} />
              ) : (
                <input className={css.input} value={value ?? ""} maxLength={64} aria-label={w("buttons.value", { n })} placeholder={w("buttons.value_hint")} onChange={(event) => change(at, { value: event.currentTarget.value })} />
              )}
              <span className={css.acts}>
                <ActionIcon size={26} disabled={at === 0} aria-label={w("buttons.up", { n })} onClick={() => put(moved(buttons, at, -1))}>
                  <Icon name="chevronDown" size={16} className={css.up} />
                </ActionIcon>
                <ActionIcon size={26} disabled={n === buttons.length} aria-label={w("buttons.down", { n })} onClick={() => put(moved(buttons, at, 1))}>
                  <Icon name="chevronDown" size={16} />
                </ActionIcon>
                <ActionIcon size={26} aria-label={w("buttons.remove", { n })} onClick={() => put(buttons.filter((_, place) => place !== at))}>
                  <Icon name="close" size={15} />
                </ActionIcon>
              </span>
            </li>
          );
        })}
      </ul>
      <p>
        <Button size="compact-xs" variant="default" disabled={buttons.length >= limit} onClick={() => put([...buttons, { text: "" }])} leftSection={<Icon name="plus" size={14} />}>
          {w("buttons.more")}
        </Button>
        <small className="tabular">{w("buttons.most", { n: buttons.length, most: limit })}</small>
      </p>
    </div>
  );
}
