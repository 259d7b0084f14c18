/** Every shortcut there is, whether its page is open or not: what the help sheet shows and what
 *  an employee may give other keys or none. What was changed is kept on the server by its id. */
import type { Key } from "../i18n";
import { type Chord, chordOf, written } from "./keys";

export type Group = "offer" | "contact" | "list" | "go" | "me" | "app";

export interface Mapped {
  title: Key;
  group: Group;
  chord: Chord;
}

export const KEYMAP = {
  accept: { title: "act.accept", group: "offer", chord: { code: "KeyA", alt: true } },
  decline: { title: "act.decline", group: "offer", chord: { code: "KeyD", alt: true } },
  reply: { title: "act.reply", group: "contact", chord: { code: "KeyR" } },
  note: { title: "act.note", group: "contact", chord: { code: "KeyN" } },
  quote: { title: "act.quote", group: "contact", chord: { code: "KeyQ" } },
  change: { title: "act.change", group: "contact", chord: { code: "KeyC" } },
  take: { title: "act.take", group: "contact", chord: { code: "KeyA" } },
  transfer: { title: "act.transfer", group: "contact", chord: { code: "KeyT" } },
  park: { title: "act.park", group: "contact", chord: { code: "KeyP" } },
  close: { title: "act.close", group: "contact", chord: { code: "KeyE" } },
  next: { title: "act.next", group: "list", chord: { code: "KeyJ" } },
  previous: { title: "act.previous", group: "list", chord: { code: "KeyK" } },
  search: { title: "act.search", group: "list", chord: { code: "Slash" } },
  nth: { title: "act.nth", group: "list", chord: { code: "Digit1", alt: true } },
  "view-unread": { title: "view.unread", group: "go", chord: { code: "KeyU" } },
  "go-inbox": { title: "act.go_inbox", group: "go", chord: { code: "KeyI", after: "KeyG" } },
  "go-clients": { title: "act.go_clients", group: "go", chord: { code: "KeyC", after: "KeyG" } },
  "go-settings": { title: "act.go_settings", group: "go", chord: { code: "KeyS", after: "KeyG" } },
  "go-admin": { title: "act.go_admin", group: "go", chord: { code: "KeyA", after: "KeyG" } },
  palette: { title: "act.palette", group: "app", chord: { code: "KeyK", mod: true } },
  help: { title: "act.help", group: "app", chord: { code: "Slash", shift: true } },
} as const satisfies Record<string, Mapped>;

export type MappedId = keyof typeof KEYMAP;
export const MAPPED = Object.keys(KEYMAP) as MappedId[];
/** A row of nine keys: it can be switched off, not moved. */
export const FIXED: ReadonlySet<MappedId> = new Set(["nth"]);

/** What an employee changed: a written chord, or null for no key at all. */
export type OwnKeys = Readonly<Record<string, string | null>>;

const NO_KEYS: OwnKeys = {};

/** The keys somebody changed, as the service keeps them among the settings. */
export function ownKeysOf(settings: object): OwnKeys {
  const { keys } = settings as { keys?: OwnKeys };
  return keys ?? NO_KEYS;
}

export function isMapped(id: string): id is MappedId {
  return id in KEYMAP;
}

/** The chord an action has for this employee; nothing where it has none. */
export function chordFor(id: string, own: OwnKeys): Chord | undefined {
  const nth = /^nth-([1-9])$/.exec(id);
  if (nth) return own.nth === null ? undefined : { code: `Digit${nth[1]}`, alt: true };
  if (!isMapped(id)) return undefined;
  const kept = own[id];
  if (kept === null) return undefined;
  const changed = kept === undefined || FIXED.has(id) ? null : chordOf(kept);
  return changed ?? KEYMAP[id].chord;
}

export interface Around {
  /** The cursor is in a field. */
  field: boolean;
  menu: boolean;
  dialog: boolean;
  /** Whether this employee has keys without Ctrl or Alt. */
  plainKeys: boolean;
}

/** Whether a chord acts where it was pressed: a plain key writes, or moves in a menu; from a dialog
 *  nothing leads away, but an offer waits for nobody. */
export function acts({ group, chord }: { group: Group; chord: Chord }, around: Around): boolean {
  if (chord.mod || chord.alt) return !around.dialog || group === "offer";
  return around.plainKeys && !around.field && !around.menu && !around.dialog;
}

/** Which other action has this chord now. */
export function holderOf(chord: Chord, own: OwnKeys, except: MappedId): MappedId | undefined {
  const wanted = written(chord);
  return MAPPED.find((id) => {
    if (id === except) return false;
    if (id === "nth") return own.nth !== null && /^Alt\+Digit[1-9]$/.test(wanted);
    const held = chordFor(id, own);
    return held !== undefined && written(held) === wanted;
  });
}

/** The own keys after an action is given a chord; whoever had it before is left without. */
export function given(id: MappedId, chord: Chord, own: OwnKeys): OwnKeys {
  const next: Record<string, string | null> = { ...own };
  const holder = holderOf(chord, own, id);
  if (holder) next[holder] = null;
  if (written(chord) === written(KEYMAP[id].chord)) delete next[id];
  else next[id] = written(chord);
  return next;
}
