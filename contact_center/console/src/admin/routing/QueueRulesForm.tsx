/** What the policy says of one queue. */
import { ActionIcon, Button, Select, Switch, TextInput } from "@mantine/core";
import type { PolicyProblem } from "../../api/generated";
import { Icon } from "../../ui/Icon";
import { Card } from "../kit/AdminPage";
import { NumberField, ZoneSelect } from "../kit/fields";
import { Pair } from "../kit/parts";
import { useRecords } from "../kit/useRecords";
import { hoursFault } from "../queues/hours";
import { HoursEditor } from "../queues/HoursEditor";
import { useWords } from "../texts";
import { HolidaysEditor } from "./HolidaysEditor";
import { DropEditor, NeedsEditor } from "./NeedsEditor";
import { faultsAt, leftOver, type Medium, nextRung, type QueueRules, type Rung, STRATEGIES, TO_QUEUE, WAYS_OUT } from "./policy";
import css from "./routing.module.css";

interface FormProps {
  queue: QueueRules;
  media: Record<string, Medium>;
  others: readonly { code: string; label: string }[];
  skills: readonly { code: string; label: string }[];
  problems: readonly PolicyProblem[];
  fault: (reason: string) => string;
  placed: (problem: PolicyProblem) => string;
  onChange: (change: Partial<QueueRules>) => void;
  /** Give every queue these. */
  onShare: (change: Partial<QueueRules>) => void;
  readOnly: boolean;
  /** Nobody has this queue yet: it is made when the draft runs. */
  fresh: boolean;
  onDrop: () => void;
}

export function QueueRulesForm({ queue, media, others, skills, problems, fault, placed, onChange, onShare, readOnly, fresh, onDrop }: FormProps) {
  const { w, maybeWord } = useWords();
  const at = `queues.${queue.code}`;
  const told = (field: string) => faultsAt(problems, `${at}.${field}`).map(fault).join(" ") || undefined;
  const hoursTold = faultsAt(problems, `${at}.hours`, true).map(fault).join(" ") || undefined;
  const timed = Object.keys(queue.hours).length > 0 || Object.keys(queue.holidays).length > 0;
  const number = (name: "priority_seconds" | "hold_seconds" | "offer_seconds") => ({
    label: w(`routing_field.${name}`),
    description: w(`routing_text.${name}`),
    unit: w("routing.unit"),
    value: queue[name],
    onChange: (value: number | null) => value !== null && onChange({ [name]: value }),
    error: told(name),
  });
  const rung = (index: number, change: Partial<Rung>) => onChange({ ladder: queue.ladder.map((one, n) => (n === index ? { ...one, ...change } : one)) });
  const targets = [
    ...others.map((one) => ({ value: TO_QUEUE + one.code, label: w("routing.to_queue", { name: one.label }) })),
    ...WAYS_OUT.map((value) => ({ value: value as string, label: w(`routing_closed.${value}`) })),
  ];
  const given = (medium: string, seconds: number | null) => {
    const { [medium]: _, ...rest } = queue.offer_seconds_by;
    onChange({ offer_seconds_by: seconds === null ? rest : { ...rest, [medium]: seconds } });
  };
  return (
    <fieldset className={css.form} disabled={readOnly}>
      {faultsAt(problems, at).map((reason) => (
        <p key={reason} className={css.fault} role="alert">{fault(reason)}</p>
      ))}
      {leftOver(problems, at).map((one) => (
        <p key={`${one.place} ${one.reason}`} className={css.fault} role="alert">{placed(one)}</p>
      ))}
      {fresh && <NewQueue queue={queue} told={told} onChange={onChange} onDrop={onDrop} />}
      <Card title={w("routing.who")} text={w("routing.who_text")}>
        <div className={css.stack}>
          <NeedsEditor label={w("routing_field.needs")} value={queue.needs} onChange={(needs) => onChange({ needs })} skills={skills} fault={(code) => told(`needs.${code}`)} readOnly={readOnly} />
          <Switch label={w("routing_field.members_only")} description={w("routing_text.members_only")} checked={queue.members_only} onChange={(event) => onChange({ members_only: event.currentTarget.checked })} />
          <Select label={w("routing_field.strategy")} description={maybeWord(`strategy_text.${queue.strategy}`)} allowDeselect={false} data={STRATEGIES.map((value) => ({ value, label: w(`strategy.${value}`) }))} value={queue.strategy} onChange={(strategy) => strategy && onChange({ strategy })} error={told("strategy")} />
        </div>
      </Card>
      <Card title={w("routing_field.ladder")} text={w("routing_text.ladder")}>
        <ol className={css.ladder}>
          {queue.ladder.map((step, index) => {
            const place = `ladder[${index + 1}]`;
            return (
              // Steps have no names: their place is what they are.
              // oxlint-disable-next-line react/no-array-index-key
              <li key={index} data-bad={faultsAt(problems, `${at}.${place}`, true).length > 0 || undefined}>
                <div className={css.stepHead}>
                  <NumberField label={w("routing.after")} unit={w("routing.unit")} min={1} value={step.after_seconds} onChange={(value) => value !== null && rung(index, { after_seconds: value })} error={told(`${place}.after_seconds`)} />
                  <Select
                    label={w("routing.then")}
                    allowDeselect={false}
                    data={[{ value: "less", label: w("routing.ask_less") }, ...targets]}
                    value={step.overflow ?? "less"}
                    onChange={(target) => target && rung(index, target === "less" ? { overflow: null } : { overflow: target, needs: {}, drop: [], everyone: false })}
                    error={told(`${place}.overflow`)}
                  />
                  <ActionIcon onClick={() => onChange({ ladder: queue.ladder.filter((_, n) => n !== index) })} aria-label={w("routing.remove_step", { n: index + 1 })}>
                    <Icon name="trash" size={16} />
                  </ActionIcon>
                </div>
                {!step.overflow && (
                  <>
                    <NeedsEditor label={w("routing.then_needs")} value={step.needs ?? {}} onChange={(needs) => rung(index, { needs })} skills={skills} fault={(code) => told(`${place}.needs.${code}`)} readOnly={readOnly} />
                    <DropEditor label={w("routing.then_drop")} value={step.drop ?? []} onChange={(drop) => rung(index, { drop })} skills={skills} fault={(code) => told(`${place}.drop.${code}`)} readOnly={readOnly} />
                    {queue.members_only && <Switch label={w("routing.everyone")} checked={Boolean(step.everyone)} onChange={(event) => rung(index, { everyone: event.currentTarget.checked })} />}
                  </>
                )}
                {told(place) && <p className={css.fault}>{told(place)}</p>}
                {leftOver(problems, `${at}.${place}`, true).map((one) => (
                  <p key={`${one.place} ${one.reason}`} className={css.fault}>{fault(one.reason)}</p>
                ))}
              </li>
            );
          })}
        </ol>
        {!queue.ladder.length && <p className={css.muted}>{w("routing.no_ladder")}</p>}
        {!readOnly && !queue.ladder.at(-1)?.overflow && (
          <Button variant="default" size="xs" onClick={() => onChange({ ladder: [...queue.ladder, nextRung(queue)] })} leftSection={<Icon name="plus" size={15} />}>
            {w("routing.add_step")}
          </Button>
        )}
      </Card>
      <Card title={w("routing.times")}>
        <div className={css.stack}>
          <Pair>
            <NumberField {...number("priority_seconds")} />
            <NumberField {...number("hold_seconds")} min={0} />
          </Pair>
          <NumberField {...number("offer_seconds")} min={5} max={3600} />
          <div className={css.media}>
            {Object.entries(media).map(([medium, one]) => (
              <NumberField key={medium} label={maybeWord(`medium.${medium}`) ?? medium} unit={w("routing.unit")} min={1} placeholder={String(one.offer_seconds ?? queue.offer_seconds)} value={queue.offer_seconds_by[medium] ?? null} onChange={(value) => given(medium, value)} error={told(`offer_seconds_by.${medium}`)} />
            ))}
          </div>
        </div>
      </Card>
      <Card title={w("hours.title")} text={w("routing_text.hours")}>
        <div className={css.stack}>
          <HoursEditor always={!Object.keys(queue.hours).length} hours={queue.hours} onChange={(change) => onChange({ hours: change.always ? {} : (change.hours ?? queue.hours) })} error={hoursFault(queue.hours) ? undefined : hoursTold} />
          {timed && <ZoneSelect label={w("field.zone")} description={w("routing_text.zone")} value={queue.zone} onChange={(zone) => onChange({ zone })} error={told("zone")} />}
          <Select
            label={w("routing_field.closed")}
            description={queue.closed === "offer" ? w("routing_text.closed_offer") : undefined}
            allowDeselect={false}
            data={[{ value: "offer", label: w("routing_closed.offer") }, { value: "wait", label: w("routing_closed.wait") }, ...targets]}
            value={queue.closed}
            onChange={(closed) => closed && onChange({ closed })}
            error={told("closed")}
          />
        </div>
      </Card>
      <Card title={w("routing_field.holidays")} text={w("routing_text.holidays")}>
        <HolidaysEditor holidays={queue.holidays} zone={queue.zone} onChange={(holidays) => onChange({ holidays })} onShare={() => onShare({ holidays: queue.holidays })} fault={(day) => faultsAt(problems, `${at}.holidays.${day}`, true).map(fault).join(" ") || undefined} readOnly={readOnly} />
      </Card>
    </fieldset>
  );
}

interface NewProps {
  queue: QueueRules;
  told: (field: string) => string | undefined;
  onChange: (change: Partial<QueueRules>) => void;
  onDrop: () => void;
}

/** A queue the draft brings along: what it needs beside its rules. */
function NewQueue({ queue, told, onChange, onDrop }: NewProps) {
  const { w } = useWords();
  const { data: departments } = useRecords("/departments");
  const chosen = departments?.find((one) => one.id === queue.department || one.name.toLowerCase() === queue.department?.toLowerCase());
  return (
    <Card title={w("routing.new_queue")} text={w("routing.new_queue_text", { code: queue.code })}>
      <div className={css.stack}>
        <div className={css.two}>
          <TextInput label={w("field.name")} placeholder={queue.code} maxLength={200} value={queue.title ?? ""} onChange={(event) => onChange({ title: event.currentTarget.value })} />
          <Select label={w("field.department")} placeholder={w("form.choose")} allowDeselect={false} data={(departments ?? []).map((one) => ({ value: one.name, label: one.name }))} value={chosen?.name ?? null} onChange={(department) => onChange({ department })} error={told("department")} />
        </div>
        <Button className={css.drop} variant="subtle" color="gray" size="xs" onClick={onDrop} leftSection={<Icon name="trash" size={15} />}>{w("routing.drop_queue")}</Button>
      </div>
    </Card>
  );
}
