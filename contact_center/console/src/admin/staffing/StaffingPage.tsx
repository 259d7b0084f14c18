/** How many operators a half-hour needs, and what some more or fewer would give: Erlang C, with patience A. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Staffing } from "../../api/generated";
import { get } from "../../api/http";
import { Bones } from "../../ui/states";
import { AdminPage, Card } from "../kit/AdminPage";
import { NumberField } from "../kit/fields";
import { Scrolled, Tag } from "../kit/parts";
import { useProblemWords } from "../kit/useProblemWords";
import { said } from "../routing/trial/figures";
import table from "../routing/trial/trial.module.css";
import { useWords, type Word } from "../texts";
import css from "./staffing.module.css";

const START = { arrivals: 100, talk: 180, patience: null, share: 80, within: 20, occupancy: 85, shrinkage: 30 } as const;
type Asked = Record<keyof typeof START, number | null>;

/** Field: its unit, the least and the most. */
const FIELDS: readonly [keyof Asked, "seconds" | "share" | undefined, number, number][] = [
  ["arrivals", undefined, 0, 100_000],
  ["talk", "seconds", 1, 86_400],
  ["patience", "seconds", 1, 86_400],
  ["share", "share", 1, 99],
  ["within", "seconds", 0, 86_400],
  ["occupancy", "share", 1, 100],
  ["shrinkage", "share", 0, 90],
];

export default function StaffingPage() {
  const { w } = useWords();
  const text = useProblemWords();
  const [asked, setAsked] = useState<Asked>(START);
  const [settled] = useDebouncedValue(asked, 250);
  const wrong = ([field, , least, most]: (typeof FIELDS)[number], values: Asked) => {
    const value = values[field];
    if (value === null) return field === "patience" ? undefined : w("routing_fault.missing");
    return value < least ? w("routing_fault.least", { n: least }) : value > most ? w("routing_fault.most", { n: most }) : undefined;
  };
  const bad = FIELDS.some((one) => wrong(one, asked) ?? wrong(one, settled));
  const { arrivals, talk, patience, share, within, occupancy, shrinkage } = settled;
  const found = useQuery({
    queryKey: ["admin", "/staffing", settled],
    queryFn: () => get("/staffing", { query: { arrivals: arrivals ?? 0, talk: talk ?? 1, ...(patience === null ? {} : { patience }), share: share ?? 80, within: within ?? 20, occupancy: occupancy ?? 100, shrinkage: shrinkage ?? 0 } }),
    enabled: !bad,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return (
    <AdminPage title={w("page.staffing")} text={w("staffing.text")}>
      <Card title={w("staffing.given")} text={w("staffing.hint")}>
        <div className={css.fields}>
          {FIELDS.map((one) => {
            const [field, unit, least, most] = one;
            return <NumberField key={field} label={w(`staffing.${field}` as Word)} unit={unit === "seconds" ? w("routing.unit") : unit && "%"} min={least} max={most} placeholder={field === "patience" ? w("staffing.endless") : undefined} value={asked[field]} onChange={(value) => setAsked({ ...asked, [field]: value })} error={wrong(one, asked)} />;
          })}
        </div>
      </Card>
      <div aria-live="polite">
        {found.error ? <p className={table.fault} role="alert">{text(found.error)}</p> : bad ? null : found.data ? <Found found={found.data} within={within ?? 0} /> : <Bones rows={6} />}
      </div>
    </AdminPage>
  );
}

function Found({ found, within }: { found: Staffing; within: number }) {
  const { w, locale } = useWords();
  const number = (value: number, unit: "seconds" | "share" | "count") => said(value, unit, locale, w("routing.unit"));
  return (
    <div className={css.found}>
      <dl className={css.big}>
        <div>
          <dt>{w("staffing.needed")}</dt>
          <dd>{number(found.needed, "count")}</dd>
        </div>
        <div>
          <dt>{w("staffing.scheduled")}</dt>
          <dd>{number(found.scheduled, "count")}</dd>
        </div>
        <div>
          <dt>{w("staffing.load")}</dt>
          <dd>{said(found.load, "seconds", locale, "")}</dd>
        </div>
      </dl>
      <Scrolled className={table.scroll} label={w("page.staffing")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w("staffing.operators")}</th>
              <th scope="col">{w("staffing.in_time", { n: within })}</th>
              <th scope="col">{w("staffing.wait")}</th>
              <th scope="col">{w("staffing.abandoned")}</th>
              <th scope="col">{w("staffing.busy")}</th>
            </tr>
          </thead>
          <tbody>
            {found.rows.map((one) => (
              <tr key={one.operators} className={one.operators === found.needed ? css.needed : undefined}>
                <th scope="row">
                  {number(one.operators, "count")} {one.operators === found.needed && <Tag tone="good" icon="check">{w("staffing.enough")}</Tag>}
                </th>
                <td>{number(one.in_time, "share")}</td>
                <td>{one.wait === null ? w("staffing.without_end") : number(one.wait, "seconds")}</td>
                <td>{number(one.abandoned, "share")}</td>
                <td>{number(one.occupancy, "share")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
    </div>
  );
}
