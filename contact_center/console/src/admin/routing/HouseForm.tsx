import type { PolicyProblem } from "../../api/generated";
import { Card } from "../kit/AdminPage";
import { NumberField } from "../kit/fields";
import { Pair } from "../kit/parts";
import { useWords, type Word } from "../texts";
import { faultsAt, type HouseField, type PolicyBody } from "./policy";
import css from "./routing.module.css";

interface HouseProps {
  body: PolicyBody;
  problems: readonly PolicyProblem[];
  fault: (reason: string) => string;
  onChange: (change: Partial<PolicyBody>) => void;
  readOnly: boolean;
}

/** What holds in all queues. */
export function HouseForm({ body, problems, fault, onChange, readOnly }: HouseProps) {
  const { w, maybeWord } = useWords();
  const told = (place: string) => faultsAt(problems, place).map(fault).join(" ") || undefined;
  const number = (field: HouseField, usual: number, min: number, unit?: string) => (
    <NumberField key={field} label={w(`routing_field.${field}`)} description={w(`routing_text.${field}`)} unit={unit} min={min} value={body.house[field] ?? usual} onChange={(value) => value !== null && onChange({ house: { ...body.house, [field]: value } })} error={told(`house.${field}`)} />
  );
  const media = (title: string, field: "points" | "ceiling" | "offer_seconds", unit: string | undefined, unsaid: string | undefined) => (
    <Card title={w(`routing_field.${title}` as Word)} text={w(`routing_text.${title}` as Word)}>
      <div className={css.media}>
        {Object.entries(body.media).map(([medium, one]) => (
          <NumberField key={medium} label={maybeWord(`medium.${medium}`) ?? medium} unit={unit} min={1} placeholder={unsaid} value={one[field] ?? null} onChange={(value) => (value !== null || unsaid) && onChange({ media: { ...body.media, [medium]: { ...one, [field]: value } } })} error={told(`media.${medium}.${field}`)} />
        ))}
      </div>
    </Card>
  );
  const seconds = w("routing.unit");
  return (
    <fieldset className={css.form} disabled={readOnly}>
      <Card title={w("routing.house")}>
        <div className={css.stack}>
          <Pair>
            {number("exclude_seconds", 60, 0, seconds)}
            {number("misses_in_a_row", 2, 1)}
          </Pair>
          <Pair>
            {number("grace_seconds", 15, 1, seconds)}
            {number("visitor_grace_seconds", 60, 1, seconds)}
          </Pair>
          <Pair>
            {number("capacity", 100, 1)}
            {number("wrap_up_limit_seconds", 900, 1, seconds)}
          </Pair>
        </div>
      </Card>
      {media("points", "points", undefined, undefined)}
      {media("ceiling", "ceiling", undefined, w("routing.no_limit"))}
      {media("offer_seconds_by", "offer_seconds", seconds, w("routing.as_queue"))}
    </fieldset>
  );
}
