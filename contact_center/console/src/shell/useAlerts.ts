import { useEffect, useRef, useSyncExternalStore } from "react";
import { preferencesOf, useCounts, useMe, useNames, useOffers } from "../api/hooks";
import { heldRow } from "../api/client";
import { named, useI18n } from "../i18n";
import { onArrival } from "../live/apply";
import { liveState } from "../live/connection";
import { outbox } from "../inbox/outbox";
import { navigate } from "../router";
import { badge, play, probeSound, unlockSound } from "./alerts";
import { notice, readyNotices } from "./notices";
import { useOfferCalls } from "./offerActs";

const RING_EVERY = 4000;

function onVisibility(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  return () => document.removeEventListener("visibilitychange", listener);
}

/** Ring, notify and badge for what waits for this operator. */
export function useAlerts(): void {
  const { t } = useI18n();
  const me = useMe();
  const { queues } = useNames();
  const { data: offers } = useOffers();
  const { data: counts } = useCounts();
  const { notices, sounds = {} } = preferencesOf(me);
  const volume = sounds.volume ?? 0.7;
  const live = offers?.length ?? 0;
  const unread = counts?.unread ?? 0;

  useEffect(() => {
    badge(live + unread, t("app.title"), live > 0);
    return () => badge(0, t("app.title"), false);
  }, [live, unread, t]);

  useEffect(() => {
    if (!live || sounds.offer === false) return undefined;
    play("offer", volume);
    const timer = setInterval(() => play("offer", volume), RING_EVERY);
    return () => clearInterval(timer);
  }, [live, sounds.offer, volume]);

  // Who is ready has to hear the next offer: a browser that would keep silent is named before it.
  const listens = me.presence === "ready" && sounds.offer !== false;
  useEffect(() => {
    if (listens) probeSound();
  }, [listens]);
  useEffect(readyNotices, []);

  const made = useOfferCalls();
  const calls = useRef(made);
  useEffect(() => {
    calls.current = made;
  });
  const shown = useRef(new Map<string, () => void>());
  const hidden = useSyncExternalStore(onVisibility, () => document.hidden);
  useEffect(() => {
    const present = new Set(offers?.map((offer) => offer.id));
    for (const [id, close] of shown.current) {
      if (present.has(id)) continue;
      close();
      shown.current.delete(id);
    }
    for (const offer of offers ?? []) {
      // One that came while the page was seen is told of when it is seen no more.
      if (!hidden || notices === false || shown.current.has(offer.id)) continue;
      const queue = queues.get(offer.contact.queue_id)?.name ?? "";
      const close = notice(t("notice.offer", { name: named(offer.contact.client, t) }), `${queue} · ${offer.contact.last_text}`, offer.id, {
        open: () => {},
        buttons: [
          { action: "accept", title: t("offer.accept"), run: () => void calls.current.accept(offer) },
          { action: "decline", title: t("offer.decline"), run: () => void calls.current.decline(offer, "busy") },
        ],
      });
      shown.current.set(offer.id, close);
    }
  }, [offers, queues, notices, hidden, t]);

  // Whoever signs in next has nothing to do with them.
  useEffect(() => {
    const left = shown.current;
    return () => {
      for (const close of left.values()) close();
      left.clear();
    };
  }, []);

  useEffect(() => {
    return onArrival((event) => {
      const mine = event.data?.operator_id === me.employee.id;
      if (!mine || event.data?.kind !== "inbound") return;
      const quiet = sounds.quiet_when_focused !== false && document.hasFocus();
      if (sounds.message !== false && !quiet) play("message", volume);
      if (document.hidden && notices !== false) {
        const row = heldRow(event.id);
        notice(t("notice.message", { name: named(row?.client, t) }), "", event.id, { open: () => navigate(`/inbox/mine/${event.id}`) });
      }
    });
  }, [me.employee.id, notices, sounds.message, sounds.quiet_when_focused, volume, t]);

  useEffect(() => {
    const unlock = () => void unlockSound();
    addEventListener("pointerdown", unlock, { once: true });
    addEventListener("keydown", unlock, { once: true });
    const stop = liveState.watch(() => {
      if (liveState.get().phase === "live") outbox.wake();
    });
    return () => {
      removeEventListener("pointerdown", unlock);
      removeEventListener("keydown", unlock);
      stop();
    };
  }, []);
}
