import type { MappedId } from "../actions/keymap";
import { useChord } from "../actions/registry";
import { Caps } from "./Caps";

/** The keys of an action as this employee has them; nothing where it has none. */
export function KeyCaps({ id, className }: { id: MappedId; className?: string }) {
  const chord = useChord(id);
  return chord ? <Caps chord={chord} className={className} /> : null;
}
