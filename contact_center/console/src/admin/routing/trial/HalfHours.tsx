/** How many operators each half-hour needed, by Erlang, beside how many were there. */
import { Select } from "@mantine/core";
import { useState } from "react";
import type { DryRunResult } from "../../../api/generated";
import { clock, day } from "../../../i18n/time";
import { useNow } from "../../../ui/now";
import { Scrolled } from "../../kit/parts";
import { useWords } from "../../texts";
import { said } from "./figures";
import css from "./trial.module.css";

interface HalfHoursProps {
  result: DryRunResult;
  within: number;
  queueName: (code: string) => string;
}

export function HalfHours({ result, within, queueName }: HalfHoursProps) {
  const i18n = useWords();
  const { w, locale } = i18n;
  const now = useNow(15_000);
  const [queue, setQueue] = useState("");
  const { staffing } = result;
  const rows = staffing.find((one) => one.queue === queue)?.rows ?? [];
  const most = Math.max(1, ...rows.map((one) => Math.max(one.needed, one.there)));
  const days = new Set(rows.map((one) => day(i18n, one.at_ms, now)));
  if (!staffing.length) return null;
  return (
    <div className={css.figures}>
      <h3>{w("dry.staffing")}</h3>
      <p className={css.muted}>{w("dry.staffing_text", { n: within })}</p>
      {staffing.length > 2 && <Select className={css.how} w={280} aria-label={w("page.queues")} allowDeselect={false} data={staffing.map((one) => ({ value: one.queue, label: one.queue ? queueName(one.queue) : w("dry.everything") }))} value={queue} onChange={(value) => setQueue(value ?? "")} />}
      <Scrolled className={css.scroll} label={w("dry.staffing")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w("dry.half_hour")}</th>
              <th scope="col">{w("dry.came")}</th>
              <th scope="col">{w("dry.talk")}</th>
              <th scope="col">{w("dry.needed")}</th>
              <th scope="col">{w("dry.there")}</th>
              <th scope="col" aria-hidden="true" className={css.barCell} />
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr key={one.at_ms} data-short={one.there + 0.5 < one.needed || undefined}>
                <th scope="row">
                  {days.size > 1 && <small>{day(i18n, one.at_ms, now)} </small>}
                  {clock(i18n, one.at_ms)}
                </th>
                <td>{one.arrivals}</td>
                <td>{said(one.talk, "seconds", locale, w("routing.unit"))}</td>
                <td>{one.needed}</td>
                <td>{said(one.there, "count", locale, "")}</td>
                <td aria-hidden="true" className={css.barCell}>
                  <span className={css.bar}>
                    <i data-is="there" style={{ width: `${(100 * one.there) / most}%` }} />
                    <i data-is="needed" style={{ left: `${(100 * one.needed) / most}%` }} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
    </div>
  );
}
