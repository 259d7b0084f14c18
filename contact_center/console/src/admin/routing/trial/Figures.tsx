/** What would have become of the contacts: as it was, under what runs, under the draft. */
import { Fragment, useState } from "react";
import { SegmentedControl } from "@mantine/core";
import type { DryRunKind, DryRunMean, DryRunResult } from "../../../api/generated";
import { useNames } from "../../../api/hooks";
import { Scrolled } from "../../kit/parts";
import { useWords } from "../../texts";
import { said, type Unit, unitOf, verdictOf } from "./figures";
import css from "./trial.module.css";

interface FiguresProps {
  result: DryRunResult;
  within: number;
  queueName: (code: string) => string;
  /** What the policy that was tried is called; null where it is the one that runs. */
  label: string | null;
}

const MAIN = ["service_level", "mean_wait", "p95_wait", "abandoned", "occupancy"] as const;
const MORE = ["overflow", "waiting", "relaxed", "missed_offers"] as const;
const MOST_PEOPLE = 30;

export function Figures({ result, within, queueName, label }: FiguresProps) {
  const { w, maybeWord, locale } = useWords();
  const { employees } = useNames();
  const [all, setAll] = useState("main");
  const titleOf = ({ queue, medium }: DryRunKind) => (queue ? `${queueName(queue)}${medium ? ` · ${maybeWord(`medium.${medium}`) ?? medium}` : ""}` : w("dry.everything"));
  const number = (value: number | null | undefined, unit: Unit) => (value === null || value === undefined ? "—" : said(value, unit, locale, w("routing.unit")));
  const mean = (one: DryRunMean, unit: Unit) => (
    <>
      {number(one.mean, unit)}
      {one.half !== null && one.half >= 0.05 && <small> ± {said(one.half, unit, locale, "").replace("%", "").trim()}</small>}
    </>
  );
  const difference = (name: string, one: DryRunMean, unit: Unit) => {
    const verdict = verdictOf(name, one);
    const sign = one.mean > 0 ? "+" : "";
    return (
      <span data-verdict={verdict} title={verdict === "same" ? w("dry.by_chance") : w(`dry.${verdict}`)}>
        {one.certain ? `${verdict === "better" ? "▲ " : verdict === "worse" ? "▼ " : ""}${sign}${number(one.mean, unit)}` : w("dry.no_difference")}
      </span>
    );
  };
  return (
    <div className={css.figures}>
      <SegmentedControl size="xs" className={css.how} aria-label={w("dry.figures")} value={all} onChange={setAll} data={[{ value: "main", label: w("dry.main") }, { value: "all", label: w("dry.all_figures") }]} />
      <Scrolled className={css.scroll} label={w("dry.result")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w("dry.figure")}</th>
              <th scope="col">{w("dry.was")}</th>
              <th scope="col">{w("dry.running")}</th>
              {label !== null && <th scope="col">{label}</th>}
              {label !== null && <th scope="col">{w("dry.difference")}</th>}
            </tr>
          </thead>
          <tbody>
            {result.kinds.map((kind) => (
              <Fragment key={`${kind.queue} ${kind.medium}`}>
                <tr className={css.kind}>
                  <th colSpan={label === null ? 3 : 5} scope="rowgroup">
                    <span>
                      {titleOf(kind)} <small>{w("dry.contacts", { n: kind.figures.came?.was ?? 0 })}</small>
                    </span>
                  </th>
                </tr>
                {[...MAIN, ...(all === "all" ? MORE : [])].map((name) => {
                  const one = kind.figures[name];
                  const unit = unitOf(name);
                  return (
                    one && (
                      <tr key={name}>
                        <th scope="row">{w(`dry_figure.${name}`, { n: within })}</th>
                        <td>{number(one.was, unit)}</td>
                        <td>{mean(one.running, unit)}</td>
                        {label !== null && <td>{mean(one.draft, unit)}</td>}
                        {label !== null && <td>{difference(name, one.difference, unit)}</td>}
                      </tr>
                    )
                  );
                })}
              </Fragment>
            ))}
            {result.operators.length > 0 && (
              <tr className={css.kind}>
                <th colSpan={label === null ? 3 : 5} scope="rowgroup">
                  <span>
                    {w("dry.people")} <small>{w("dry.people_text")}</small>
                  </span>
                </th>
              </tr>
            )}
            {result.operators.slice(0, MOST_PEOPLE).map((one) => (
              <tr key={one.operator_id}>
                <th scope="row">{employees.get(one.operator_id)?.name ?? w("dry.gone")}</th>
                <td>—</td>
                <td>{mean(one.running, "share")}</td>
                {label !== null && <td>{mean(one.draft, "share")}</td>}
                {label !== null && <td>{difference("occupancy", one.difference, "share")}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      <p className={css.muted}>{w("dry.how_to_read")}</p>
    </div>
  );
}
