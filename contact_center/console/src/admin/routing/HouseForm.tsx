import type { PolicyProblem } from "../../api/generated";
import { Card } from "../kit/AdminPage";
import { NumberField } from "../kit/fields";
import { Pair } from "../kit/parts";
import { useWords } from "../texts";
import { faultsAt, type PolicyBody } from "./policy";
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
  const set = (change: PolicyBody["house"]) => onChange({ house: { ...body.house, ...change } });
  return (
    <fieldset className={css.form} disabled={readOnly}>
      <Card title={w("routing.house")}>
        <Pair>
          <NumberField label={w("routing_field.exclude_seconds")} description={w("routing_text.exclude_seconds")} unit={w("routing.unit")} min={0} value={body.house.exclude_seconds ?? 60} onChange={(value) => value !== null && set({ exclude_seconds: value })} error={told("house.exclude_seconds")} />
          <NumberField label={w("routing_field.misses_in_a_row")} description={w("routing_text.misses_in_a_row")} min={1} value={body.house.misses_in_a_row ?? 2} onChange={(value) => value !== null && set({ misses_in_a_row: value })} error={told("house.misses_in_a_row")} />
        </Pair>
      </Card>
      <Card title={w("routing_field.offer_seconds_by")} text={w("routing.media_text")}>
        <div className={css.media}>
          {Object.entries(body.media).map(([medium, one]) => (
            <NumberField key={medium} label={maybeWord(`medium.${medium}`) ?? medium} unit={w("routing.unit")} min={1} placeholder={w("routing.as_queue")} value={one.offer_seconds ?? null} onChange={(value) => onChange({ media: { ...body.media, [medium]: { ...one, offer_seconds: value } } })} error={told(`media.${medium}.offer_seconds`)} />
          ))}
        </div>
      </Card>
    </fieldset>
  );
}
