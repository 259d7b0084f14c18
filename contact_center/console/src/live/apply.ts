/** From live events to the query cache. An event says only what changed and to which version;
 *  what we hold in that version or a newer one needs no fetch. */
import { followMessages, heldRow, insistently, loadedAnew, loadMessages, queries, refreshContact, reloadMessages } from "../api/client";
import { keys } from "../api/keys";
import type { Contact, Directory, DirectoryEmployee, LiveEvent, LiveSubscribed, LiveSync, MessagePage } from "../api/types";
import { stoppedTyping } from "./ephemera";

export type ArrivalListener = (event: LiveEvent) => void;
const arrivals = new Set<ArrivalListener>();

/** Told of every new message event: sounds and notices hang on it. */
export function onArrival(listener: ArrivalListener): () => void {
  arrivals.add(listener);
  return () => arrivals.delete(listener);
}

const pending = new Map<string, ReturnType<typeof setTimeout>>();

/** Lists and counts change with every message of a busy floor: at most one fetch each in `ms`. */
function soon(name: string, ms: number, call: () => void): void {
  if (pending.has(name)) return;
  pending.set(
    name,
    setTimeout(() => {
      pending.delete(name);
      call();
    }, document.hidden ? ms * 4 : ms),
  );
}

export function listsChanged(): void {
  soon("lists", 350, () => outdated(keys.lists));
  soon("counts", 500, () => outdated(keys.counts));
}

export function offersChanged(): void {
  soon("offers", 30, () => outdated(keys.offers));
}

function wrapUpsChanged(): void {
  soon("wrap-ups", 100, () => outdated(keys.wrapUps));
}

function directoryChanged(): void {
  soon("directory", 500, () => outdated(keys.directory));
}

/** Do it when what is being loaded is here; false where nothing is. */
function whenLoaded(queryKey: readonly unknown[], step: () => void): boolean {
  const query = queries.getQueryCache().find({ queryKey });
  if (query?.state.fetchStatus !== "fetching") return false;
  const later = () => setTimeout(step);
  void query.promise?.then(later, later);
  return true;
}

const owed = new Set<string>();
/** How long an answer under way is waited for, in ms: it may have been lost. */
const PATIENCE = 20_000;

/** What we hold is old: fetch anew what of it is shown. What is under way is not begun again, for news
 *  that come faster than answers would let none arrive: it is fetched once more when it is here. */
function outdated(queryKey: readonly string[]): void {
  for (const query of queries.getQueryCache().findAll({ queryKey })) {
    const { queryHash } = query;
    if (owed.has(queryHash)) continue;
    let patience: ReturnType<typeof setTimeout>;
    const again = () => {
      clearTimeout(patience);
      if (owed.delete(queryHash)) void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
    };
    owed.add(queryHash);
    if (whenLoaded(query.queryKey, again)) patience = setTimeout(() => query.state.data !== undefined && again(), PATIENCE);
    else again();
  }
}

/** Fetch the card of a contact where we hold, or are about to get, one older than this. */
function renewContact(id: string, version: number | null): void {
  const held = queries.getQueryData<Contact>(keys.contact(id));
  if (!held) whenLoaded(keys.contact(id), () => queries.getQueryData(keys.contact(id)) && renewContact(id, version));
  else if (version === null || held.version < version) void refreshContact(id);
}

function contactChanged(id: string, version: number | null): void {
  renewContact(id, version);
  listsChanged();
}

/** Fetch one message as it is now, where we hold an older one. */
function renew(id: string, seq: number): void {
  const held = queries.getQueryData<MessagePage>(keys.messages(id));
  if (!held?.items.some((item) => item.seq === seq)) return;
  void insistently(() => loadMessages(id, { after: seq - 1, limit: 1 })).catch(() => {});
}

const late = new Set<string>();

/** Whether a thread is being loaded: what comes may have been read before the change, so that it is
 *  fetched once more when it is here. */
function loadedLater(id: string): boolean {
  if (late.has(id)) return true;
  const loading = whenLoaded(keys.messages(id), () => (late.delete(id), void reloadMessages(id)));
  if (loading) late.add(id);
  return loading;
}

function messageChanged(event: LiveEvent): void {
  const seq = Number(event.data?.seq ?? 0);
  const held = queries.getQueryData<MessagePage>(keys.messages(event.id));
  if (event.kind === "message.added") {
    if (event.data?.kind === "inbound") stoppedTyping(event.id, "client");
    if (event.data?.kind === "outbound") stoppedTyping(event.id, "employee");
    for (const listener of arrivals) listener(event);
  }
  if (loadedLater(event.id)) return;
  if (event.kind === "message.added") {
    if (held) void followMessages(event.id);
  } else if (event.kind === "message.moved") {
    loadedAnew(event.id);
  } else if (held && seq > (held.items.at(-1)?.seq ?? 0)) {
    // It is on its way to us, perhaps as it was before.
    void followMessages(event.id).then(() => renew(event.id, seq));
  } else if (held && seq) renew(event.id, seq);
  else if (held && !seq) void reloadMessages(event.id);
}

function workChanged(event: LiveEvent): void {
  const contact = String(event.data?.contact_id ?? "");
  const held = contact ? queries.getQueryData<Contact>(keys.contact(contact)) : undefined;
  const known = held?.work?.id === event.id && held.work.version >= event.version;
  if (contact && !known) contactChanged(contact, null);
  else listsChanged();
  offersChanged();
  if (event.kind === "work.wrap_up" || event.kind === "work.done") {
    wrapUpsChanged();
  }
}

function operatorChanged(event: LiveEvent, mine: string): void {
  if (event.id === mine) outdated(keys.me);
  const snapshot = event.data as Partial<DirectoryEmployee> | null;
  queries.setQueryData<Directory>(keys.directory, (directory) => {
    if (!directory || !snapshot?.presence) return directory;
    return {
      ...directory,
      employees: directory.employees.map((one) =>
        one.id === event.id
          ? {
              ...one,
              presence: snapshot.presence ?? one.presence,
              load: snapshot.load ?? one.load,
              ceilings: snapshot.ceilings ?? one.ceilings,
            }
          : one,
      ),
    };
  });
}

export function applyEvent(event: LiveEvent, mine: string): void {
  const [noun] = event.kind.split(".");
  if (noun === "message") {
    messageChanged(event);
    contactChanged(event.id, event.version);
  } else if (noun === "contact") contactChanged(event.id, event.version);
  else if (noun === "work") workChanged(event);
  else if (noun === "operator") operatorChanged(event, mine);
  else if (noun === "client") {
    outdated(keys.client(event.id));
    outdated(["clients"]);
  } else if (noun === "queue" || noun === "account" || noun === "directory" || noun === "employee") {
    directoryChanged();
    if (event.id === mine) outdated(keys.me);
    outdated(["admin"]);
  } else outdated(["admin"]);
}

/** The answer to a resync: what differs is fetched again, whole. */
export function applySync({ contacts, gone }: LiveSync): void {
  for (const { id, version } of contacts) {
    const held = queries.getQueryData<Contact>(keys.contact(id));
    if (held && held.version < version) void refreshContact(id);
    void reloadMessages(id);
  }
  for (const id of gone) outdated(keys.contact(id));
  listsChanged();
  offersChanged();
  wrapUpsChanged();
  outdated(keys.me);
  directoryChanged();
}

/** What the contacts were at when we began to hear of them: what we hold may be older, and no event
 *  tells of what came between. */
export function applySubscribed({ contacts }: LiveSubscribed): void {
  for (const { id, version } of contacts) {
    renewContact(id, version);
    renewThread(id, version);
    const row = heldRow(id);
    if (row && row.version < version) listsChanged();
  }
}

function renewThread(id: string, version: number): void {
  const held = queries.getQueryData<MessagePage>(keys.messages(id));
  if (!held) whenLoaded(keys.messages(id), () => queries.getQueryData(keys.messages(id)) && renewThread(id, version));
  else if (held.version < version) void reloadMessages(id);
}

/** The versions of the contacts whose thread or card we hold, for a resync. */
export function knownVersions(): Record<string, number> {
  const known: Record<string, number> = {};
  for (const [, contact] of queries.getQueriesData<Contact>({ queryKey: ["contact"] })) {
    if (contact) known[contact.id] = contact.version;
  }
  return known;
}
