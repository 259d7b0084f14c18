import { Fragment } from "react";
import { caps, type Chord } from "../actions/keys";
import css from "./caps.module.css";

/** `till` ends a row of keys that begins with the chord's own, as Alt 1…9. */
export function Caps({ chord, till, className }: { chord: Chord; till?: string; className?: string }) {
  const all = caps(chord);
  return (
    <span className={`${css.caps} ${className ?? ""}`} aria-hidden>
      {all.map((cap, at) => (
        <Fragment key={cap}>
          {at > 0 && " "}
          <kbd>{till && at === all.length - 1 ? `${cap}…${till}` : cap}</kbd>
        </Fragment>
      ))}
    </span>
  );
}
