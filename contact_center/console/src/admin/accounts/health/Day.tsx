/** The day by hours: in and out, as bars and, for who cannot see them, as a table. */
import type { AccountReport } from "../../../api/types";
import { clock } from "../../../i18n/time";
import { useWords } from "../../texts";
import css from "./health.module.css";

const HEIGHT = 64;
const WIDE = 14;

export function Day({ hours }: { hours: AccountReport["hours"] }) {
  const i18n = useWords();
  const { w } = i18n;
  const most = Math.max(1, ...hours.map((one) => Math.max(one.received, one.sent + one.failed)));
  const tall = (n: number) => (n ? Math.max(2, (n / most) * HEIGHT) : 0);
  if (!hours.some((one) => one.received + one.sent + one.failed)) return null;
  const bar = (kind: string, x: number, n: number, above = 0) => n > 0 && <rect className={css[kind]} x={x} y={HEIGHT - above - tall(n)} width={WIDE / 2 - 1.5} height={tall(n)} rx={1.5} />;
  return (
    <section className={css.day} aria-labelledby="account-day">
      <h2 id="account-day">{w("account_health.day")}</h2>
      <p className={css.legend}>
        <i data-kind="received" /> {w("account_health.in")} <i data-kind="sent" /> {w("account_health.out")} <i data-kind="failed" /> {w("account_health.failed")}
      </p>
      <svg viewBox={`0 0 ${hours.length * WIDE} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
        {hours.map((one, at) => (
          <g key={one.at}>
            {bar("received", at * WIDE + 1, one.received)}
            {bar("sent", at * WIDE + WIDE / 2, one.sent)}
            {bar("failed", at * WIDE + WIDE / 2, one.failed, tall(one.sent))}
          </g>
        ))}
      </svg>
      <p className={css.ends} aria-hidden>
        <span>{clock(i18n, hours[0]?.at ?? 0)}</span>
        <span>{w("account_health.now")}</span>
      </p>
      <table className="visually-hidden">
        <caption>{w("account_health.day")}</caption>
        <thead>
          <tr>
            <th>{w("account_health.hour")}</th>
            <th>{w("account_health.in")}</th>
            <th>{w("account_health.out")}</th>
            <th>{w("account_health.failed")}</th>
          </tr>
        </thead>
        <tbody>
          {hours.map((one) => (
            <tr key={one.at}>
              <td>{clock(i18n, one.at)}</td>
              <td>{one.received}</td>
              <td>{one.sent}</td>
              <td>{one.failed}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
