/** The one registry of actions: menus, the palette, shortcuts and the help sheet all read it.
 *  A component offers its actions while it is mounted; the newest offer of an id wins. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from "react";
import type { Key } from "../i18n";
import type { IconName } from "../ui/icons";
import { Store, useStore } from "../ui/store";
import { type Chord, inField, matches } from "./keys";

export type Group = "offer" | "contact" | "list" | "go" | "me" | "app";

export interface Action {
  id: string;
  title: Key;
  group: Group;
  icon: IconName;
  chord?: Chord;
  /** Works while the cursor is in a text field. */
  inFields?: boolean;
  /** Words for the palette beside the title. */
  also?: string;
  run: () => void;
}

class Registry {
  readonly all = new Store<readonly Action[]>([]);
  private readonly offers: Action[][] = [];
  /** Whether single keys without Ctrl or Alt do anything. */
  plainKeys = true;

  allow(plainKeys: boolean): void {
    this.plainKeys = plainKeys;
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
    for (const actions of this.offers) for (const action of actions) byId.set(action.id, action);
    this.all.set([...byId.values()]);
  }
}

const RegistryContext = createContext<Registry | null>(null);

function useRegistry(): Registry {
  const registry = useContext(RegistryContext);
  if (!registry) throw new Error("ActionsProvider is missing");
  return registry;
}

export function ActionsProvider({ children, shortcuts }: { children: ReactNode; shortcuts: boolean }) {
  const registry = useMemo(() => new Registry(), []);
  useEffect(() => {
    registry.allow(shortcuts);
  }, [registry, shortcuts]);
  useEffect(() => {
    let before: string | null = null;
    let since = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.repeat) return;
      const field = inField(event.target);
      const dialog = document.querySelector("[data-cc-modal]") !== null;
      const prefix = before && Date.now() - since < 1200 ? before : null;
      before = null;
      for (const action of registry.all.get()) {
        const { chord } = action;
        if (!chord || !matches(chord, event, prefix)) continue;
        const plain = !chord.mod && !chord.alt;
        if (field && !action.inFields) continue;
        if (dialog && plain) continue;
        if (plain && !registry.plainKeys) continue;
        event.preventDefault();
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
export function useActions(actions: (Action | false | null | undefined)[]): void {
  const registry = useRegistry();
  const present = actions.filter((action): action is Action => Boolean(action));
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
