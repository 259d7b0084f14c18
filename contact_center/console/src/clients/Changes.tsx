/** Who the client was before: which of his data changed when, the newest first. */
import { useNames } from "../api/hooks";
import type { Client } from "../api/types";
import { useI18n } from "../i18n";
import { full, stamp } from "../i18n/time";
import { serverNow } from "../ui/now";
import css from "./clients.module.css";
import { plainLabel } from "./fieldNames";

const SHOWN = 12;
/** Fields that hold codes, and where the words for these stand. */
const CODED: Record<string, string> = { kind: "client_kind", stage: "stage", locale: "locale" };

export function Changes({ client }: { client: Client }) {
  const i18n = useI18n();
  const { t, maybe } = i18n;
  const { employees } = useNames();
  if (!client.changes.length) return null;
  const field = (name: string) => {
    if (name === "responsible_id") return t("client.responsible_short");
    const own = name.replace(/^fields\./, "");
    return maybe(`client_field.${own}`) ?? maybe(`address.${own}`) ?? plainLabel(own);
  };
  const value = (name: string, held: unknown) => {
    if (held === null || held === undefined || held === "") return "—";
    const words = String(held);
    if (name === "visitor") return t("client.visitor");
    if (name === "responsible_id") return employees.get(words)?.name ?? "—";
    return (CODED[name] && maybe(`${CODED[name]}.${words}`)) ?? words;
  };
  return (
    <section className={css.changes}>
      <h3>{t("client.changes")}</h3>
      <ul>
        {client.changes.slice(0, SHOWN).map((change) => (
          <li key={`${change.at}${change.field}`}>
            <time title={full(i18n, change.at)}>{stamp(i18n, change.at, serverNow())}</time>
            <span>
              {field(change.field)}: {value(change.field, change.old)} → {value(change.field, change.new)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
