import { Fragment } from "react";
import { caps, type Chord } from "../actions/keys";
import css from "./caps.module.css";

export function Caps({ chord, className }: { chord: Chord; className?: string }) {
  return (
    <span className={`${css.caps} ${className ?? ""}`} aria-hidden>
      {caps(chord).map((cap, at) => (
        <Fragment key={cap}>
          {at > 0 && " "}
          <kbd>{cap}</kbd>
        </Fragment>
      ))}
    </span>
  );
}
