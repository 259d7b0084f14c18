/** The one registry of actions: menus, the palette, shortcuts and the help sheet all read it.
 *  A component offers its actions while it is mounted; the newest offer of an id wins. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from "react";
import type { Key } from "../i18n";
import type { IconName } from "../ui/icons";
import { Store, useStore } from "../ui/store";
import { acts, chordFor, type Group, KEYMAP, type MappedId, type OwnKeys } from "./keymap";
import { type Chord, inField, matches } from "./keys";

interface Given {
  icon: IconName;
  /** Words for the palette beside the title. */
  also?: string;
  run: () => void;
}
/** What can have a key is named in the map of keys; everything else names itself. */
type Offered = Given & ({ id: MappedId } | { id: string; title: Key; group: Group });

export interface Action extends Given {
  id: string;
  title: Key;
  group: Group;
  chord?: Chord;
}

function whole(offered: Offered): Action {
  return "title" in offered ? offered : { ...offered, ...KEYMAP[offered.id], chord: undefined };
}

class Registry {
  readonly all = new Store<readonly Action[]>([]);
  readonly own = new Store<OwnKeys>({});
  private readonly offers: Action[][] = [];
  /** Whether single keys without Ctrl or Alt do anything. */
  plainKeys = true;

  allow(plainKeys: boolean, own: OwnKeys): void {
    this.plainKeys = plainKeys;
    this.own.set(own);
    this.renew();
  }

  offer(actions: Action[]): () => void {
    this.offers.push(actions);
    this.renew();
    return () => {
      this.offers.splice(this.offers.indexOf(actions), 1);
      this.renew();
    };
  }

  find(id: string): Action | undefined {
    return this.all.get().find((action) => action.id === id);
  }

  private renew(): void {
    const byId = new Map<string, Action>();
    for (const actions of this.offers) {
      for (const action of actions) byId.set(action.id, { ...action, chord: chordFor(action.id, this.own.get()) });
    }
    this.all.set([...byId.values()]);
  }
}

const RegistryContext = createContext<Registry | null>(null);

function useRegistry(): Registry {
  const registry = useContext(RegistryContext);
  if (!registry) throw new Error("ActionsProvider is missing");
  return registry;
}

const NO_KEYS: OwnKeys = {};

export function ActionsProvider({ children, shortcuts, keys = NO_KEYS }: { children: ReactNode; shortcuts: boolean; keys?: OwnKeys }) {
  const registry = useMemo(() => new Registry(), []);
  useEffect(() => {
    registry.allow(shortcuts, keys);
  }, [registry, shortcuts, keys]);
  useEffect(() => {
    let before: string | null = null;
    let since = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.repeat) return;
      const open = (what: string) => document.querySelector(what) !== null;
      const field = inField(event.target);
      const around = { field, menu: open("[role=menu],[role=listbox]"), dialog: open("[data-cc-modal]"), plainKeys: registry.plainKeys };
      const prefix = before && Date.now() - since < 1200 ? before : null;
      before = null;
      for (const action of registry.all.get()) {
        const { chord } = action;
        if (!chord || !matches(chord, event, prefix)) continue;
        const does = acts({ ...action, chord }, around);
        // What we own with Ctrl or Alt does nothing else either, such as closing a tab.
        if (does || chord.mod || chord.alt) event.preventDefault();
        if (!does) continue;
        action.run();
        return;
      }
      if (event.code === "KeyG" && !field && !event.ctrlKey && !event.metaKey && !event.altKey) {
        before = "KeyG";
        since = Date.now();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [registry]);
  return <RegistryContext.Provider value={registry}>{children}</RegistryContext.Provider>;
}

/** Offer actions while mounted. They may be made anew at each render; only a change of ids,
 *  titles or chords is news to the registry, the calls always reach the latest closures. */
export function useActions(actions: (Offered | false | null | undefined)[]): void {
  const registry = useRegistry();
  const present = actions.filter((action): action is Offered => Boolean(action)).map(whole);
  const latest = useRef(present);
  latest.current = present;
  const shape = present.map((action) => `${action.id}:${action.title}`).join("|");
  useEffect(() => {
    const offered = latest.current.map((action) => ({
      ...action,
      run: () => latest.current.find((one) => one.id === action.id)?.run(),
    }));
    return registry.offer(offered);
    // `shape` stands for the actions.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [registry, shape]);
}

export function useAllActions(): readonly Action[] {
  return useStore(useRegistry().all);
}

/** The chord of an action as this employee has it, to print beside a button. */
export function useChord(id: MappedId): Chord | undefined {
  return chordFor(id, useStore(useRegistry().own));
}
