import { Button, Menu, UnstyledButton } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { forgetOffer } from "../api/acts";
import { useNames, useOffers } from "../api/hooks";
import type { Offer } from "../api/types";
import { useActions } from "../actions/registry";
import { named, titled, useI18n } from "../i18n";
import { lasting, stamp, ticking } from "../i18n/time";
import { Avatar } from "../ui/Avatar";
import { KeyCaps } from "../ui/KeyCaps";
import { Icon } from "../ui/Icon";
import { serverNow, useNow } from "../ui/now";
import { useMedia } from "../ui/useMedia";
import { useOfferCalls } from "./offerActs";
import css from "./offers.module.css";

const REASONS = ["busy", "not_mine", "unavailable", "other"] as const;

function useOfferActs(offer: Offer | undefined) {
  const calls = useOfferCalls();
  const [busy, setBusy] = useState(false);
  const accept = async () => {
    if (!offer || busy) return;
    setBusy(true);
    await calls.accept(offer);
    setBusy(false);
  };
  const decline = async (reason: string) => {
    if (offer) await calls.decline(offer, reason);
  };
  return { busy, accept, decline };
}

function useLeft(offer: Offer): { ms: number; share: number } {
  useNow(1000);
  const ms = Math.max(0, Date.parse(offer.until) - serverNow());
  return { ms, share: Math.min(1, ms / (offer.seconds * 1000 || 1)) };
}

/** Why it came to me, in words where the rule is known. */
function useReason(offer: Offer): string | undefined {
  const { maybe } = useI18n();
  // A colleague's choice is the reason, whatever the router's was.
  if (offer.contact.work?.origin === "transfer") return maybe("why.transfer");
  const rule = offer.explanation.rule ?? offer.explanation.reason ?? offer.explanation.why;
  return typeof rule === "string" ? maybe(`why.${rule}`) : undefined;
}

function Recent({ offer }: { offer: Offer }) {
  const i18n = useI18n();
  const { codes } = useNames();
  if (!offer.recent.length) return <p className={css.noRecent}>{i18n.t("offer.first_time")}</p>;
  return (
    <ul className={css.recent}>
      {offer.recent.slice(0, 3).map((one) => (
        <li key={one.id}>
          <span className="tabular">{stamp(i18n, one.opened_at, serverNow())}</span>
          <span className="ellipsis">{one.last_text || `№ ${one.number}`}</span>
          {one.result_code_id && <em>{titled(codes.get(one.result_code_id)?.title, i18n.locale)}</em>}
        </li>
      ))}
    </ul>
  );
}

function DeclineMenu({ decline, chord, wide, opened, onChange }: { decline: (reason: string) => Promise<void>; chord?: boolean; wide?: boolean; opened: boolean; onChange: (open: boolean) => void }) {
  const { t } = useI18n();
  return (
    <Menu position="bottom-end" opened={opened} onChange={onChange} width={230}>
      <Menu.Target>
        <Button variant="default" size={wide ? "md" : "xs"} fullWidth={wide} rightSection={chord ? <KeyCaps id="decline" className={css.caps} /> : <Icon name="chevronDown" size={14} />}>
          {t("offer.decline")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("offer.why_decline")}</Menu.Label>
        {REASONS.map((reason) => (
          <Menu.Item key={reason} onClick={() => void decline(reason)}>
            {t(`decline.${reason}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface OneProps {
  offer: Offer;
  first: boolean;
  declining: boolean;
  setDeclining: (open: boolean) => void;
}

/** What every form of an offer shows and does. */
function useOne(offer: Offer) {
  const i18n = useI18n();
  const { t } = i18n;
  const { queues } = useNames();
  const left = useLeft(offer);
  const { contact } = offer;
  useExpiry(offer, left.ms);
  const waited = serverNow() - Date.parse(contact.waiting_since ?? contact.work?.arrived_at ?? contact.opened_at);
  return {
    t,
    contact,
    ...left,
    ...useOfferActs(offer),
    why: useReason(offer),
    queue: queues.get(contact.queue_id)?.name,
    name: named(contact.client, t),
    note: contact.work?.note,
    waited: t("offer.waits", { time: lasting(i18n, waited) }),
  };
}

function Strip({ offer, first, declining, setDeclining }: OneProps) {
  const { t, queue, busy, accept, decline, ms, share, why, contact, name, note, waited } = useOne(offer);
  const [open, setOpen] = useState(false);
  return (
    <article className={css.offer} data-late={ms < 10_000 || undefined} aria-label={t("offer.label", { name: name })}>
      <div className={css.line}>
        <Avatar id={contact.client.id} name={name} size={34} medium={contact.medium} company={contact.client.kind !== "person"} />
        <UnstyledButton className={css.about} aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className={css.head}>
            <b className="ellipsis">{name}</b>
            <span className={css.queue}>{queue}</span>
            <span className={css.waited}>{waited}</span>
            {why && <span className={css.why}>{why}</span>}
          </span>
          <span className={css.words}>
            {note && <Icon name="lock" size={13} label={t("offer.note")} />}
            <span className="ellipsis">{note || contact.last_text}</span>
          </span>
        </UnstyledButton>
        <span className={`${css.left} tabular`} role="timer" aria-label={t("offer.left", { n: Math.ceil(ms / 1000) })}>
          {ticking(ms + 999)}
        </span>
        <Button size="xs" color="green" className={css.accept} loading={busy} onClick={() => void accept()} rightSection={first ? <KeyCaps id="accept" className={css.capsOn} /> : null}>
          {t("offer.accept")}
        </Button>
        <DeclineMenu decline={decline} chord={first} opened={declining} onChange={setDeclining} />
      </div>
      {open && <Recent offer={offer} />}
      <div className={css.bar}>
        <i style={{ transform: `scaleX(${share})` }} />
      </div>
    </article>
  );
}

/** When the deadline has passed the server will say so; do not show a dead button meanwhile. */
function useExpiry(offer: Offer, ms: number): void {
  const over = ms <= 0;
  useEffect(() => {
    if (!over) return undefined;
    const timer = setTimeout(() => forgetOffer(offer.id), 1500);
    return () => clearTimeout(timer);
  }, [over, offer.id]);
}

/** On a phone the first offer is a card over the whole page; it can be folded to its strip. */
function Card({ offer, more, declining, setDeclining, fold }: OneProps & { more: number; fold: () => void }) {
  const { t, queue, busy, accept, decline, ms, share, why, contact, name, note, waited } = useOne(offer);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div className={css.card} role="dialog" aria-modal="true" aria-label={t("offer.label", { name: name })} ref={box} tabIndex={-1} data-cc-modal>
      <div className={css.cardTop}>
        <span>{more > 0 ? t("offer.and_more", { n: more }) : t("offer.new")}</span>
        <Button size="compact-sm" variant="subtle" onClick={fold}>
          {t("offer.fold")}
        </Button>
      </div>
      <Avatar id={contact.client.id} name={name} size={76} company={contact.client.kind !== "person"} />
      <h2>{name}</h2>
      <p className={css.cardQueue}>
        {contact.account.title} · {queue}
      </p>
      <p className={css.cardWait}>
        {waited}
        {why ? ` · ${why}` : ""}
      </p>
      {note && (
        <p className={css.cardNote}>
          <Icon name="lock" size={14} label={t("offer.note")} /> {note}
        </p>
      )}
      <blockquote>{contact.last_text}</blockquote>
      <Recent offer={offer} />
      <div className={css.cardActs}>
        <div className={css.cardTime} data-late={ms < 10_000 || undefined}>
          <span className="tabular">{ticking(ms + 999)}</span>
          <div className={css.bar}>
            <i style={{ transform: `scaleX(${share})` }} />
          </div>
        </div>
        <Button size="lg" color="green" className={css.accept} fullWidth loading={busy} onClick={() => void accept()}>
          {t("offer.accept")}
        </Button>
        <DeclineMenu decline={decline} wide opened={declining} onChange={setDeclining} />
      </div>
    </div>
  );
}

function useSpoken(offers: readonly Offer[]): string {
  const { t } = useI18n();
  const now = useNow(1000);
  const soon = offers.find((offer) => {
    const left = Date.parse(offer.until) - now;
    return left > 8500 && left <= 10_500;
  });
  if (soon) return t("offer.ten_left", { name: named(soon.contact.client, t) });
  return offers.length ? t("offer.announce", { n: offers.length, name: named(offers[0]?.contact.client, t) }) : "";
}

/** The most offers that stand over the work at once; the others wait behind one line. */
const SHOWN = 3;
const SETTLING_MS = 400;

/** True for a moment after the rows moved: a click aimed at one must not hit the next. */
function useSettling(ids: string): boolean {
  const [settled, setSettled] = useState(ids);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(ids), SETTLING_MS);
    return () => clearTimeout(timer);
  }, [ids]);
  return settled !== ids && !ids.startsWith(settled);
}

export function Offers() {
  const { t } = useI18n();
  const { data } = useOffers();
  const narrow = useMedia("(max-width: 48em)");
  const offers = [...(data ?? [])].sort((a, b) => Date.parse(a.until) - Date.parse(b.until));
  const [declining, setDeclining] = useState<string | null>(null);
  const [folded, setFolded] = useState<string | null>(null);
  const first = offers[0];
  const acts = useOfferActs(first);
  const spoken = useSpoken(offers);
  const [all, setAll] = useState(false);
  const shown = all ? offers : offers.slice(0, SHOWN);
  const settling = useSettling(shown.map((offer) => offer.id).join(" "));
  useActions([
    first && { id: "accept", icon: "check", run: () => void acts.accept() },
    first && { id: "decline", icon: "close", run: () => setDeclining(first.id) },
  ]);
  const props = (offer: Offer) => ({
    offer,
    first: offer === first,
    declining: declining === offer.id,
    setDeclining: (open: boolean) => setDeclining(open ? offer.id : null),
  });
  const card = narrow && first && folded !== first.id;
  return (
    <>
      <p className="visually-hidden" role="status" aria-live="assertive">
        {spoken}
      </p>
      {card && <Card {...props(first)} more={offers.length - 1} fold={() => setFolded(first.id)} />}
      {offers.length > 0 && !card && (
        <section className={css.dock} aria-label={t("offer.dock")} data-settling={settling || undefined}>
          {shown.map((offer) => (
            <Strip key={offer.id} {...props(offer)} />
          ))}
          {offers.length > SHOWN && (
            <button type="button" className={css.more} aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? t("offer.fewer") : t("offer.and_more", { n: offers.length - SHOWN })}
            </button>
          )}
        </section>
      )}
    </>
  );
}
