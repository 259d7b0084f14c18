import { ActionIcon, Button, SegmentedControl, TextInput } from "@mantine/core";
import type { Hours } from "../../api/types";
import type { ReactNode } from "react";
import { Icon } from "../../ui/Icon";
import { useWords } from "../texts";
import { type Day, dayFault, DAYS, nextSpan, type Span, tidyTime } from "./hours";
import css from "./queues.module.css";

interface EditorProps {
  always: boolean;
  hours: Hours;
  onChange: (change: { always?: boolean; hours?: Hours }) => void;
  error?: string;
}

const WORKDAYS = ["tue", "wed", "thu", "fri"];
const USUAL: Hours = Object.fromEntries(["mon", "tue", "wed", "thu", "fri"].map((day) => [day, [["09:00", "18:00"]]]));

/** When a queue is open: around the clock, or spans for each day of the week. */
export function HoursEditor({ always, hours, onChange, error }: EditorProps) {
  const { w } = useWords();
  const set = (day: Day, spans: Span[]) => onChange({ hours: { ...hours, [day]: spans } });
  const schedule = () => onChange({ always: false, ...(Object.values(hours).some((spans) => spans.length) ? {} : { hours: USUAL }) });
  return (
    <div className={css.editor}>
      <SegmentedControl
        aria-label={w("hours.title")}
        value={always ? "always" : "week"}
        onChange={(value) => (value === "always" ? onChange({ always: true }) : schedule())}
        data={[{ value: "always", label: w("hours.always") }, { value: "week", label: w("hours.week") }]}
      />
      {!always && (
        <div className={css.week}>
          {DAYS.map((day) => (
            <DayRow key={day} name={w(`day.${day}`)} short={w(`day_short.${day}`)} spans={hours[day] ?? []} onChange={(spans) => set(day, spans)}>
              {day === "mon" && (hours[day] ?? []).length > 0 && (
                <Button size="compact-xs" variant="subtle" onClick={() => onChange({ hours: { ...hours, ...Object.fromEntries(WORKDAYS.map((other) => [other, hours[day] ?? []])) } })}>
                  {w("hours.copy")}
                </Button>
              )}
            </DayRow>
          ))}
        </div>
      )}
      {error && (
        <p className={css.fault} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

interface RowProps {
  name: string;
  /** What stands before the spans. */
  short: ReactNode;
  spans: readonly Span[];
  onChange: (spans: Span[]) => void;
  wide?: boolean;
  children?: ReactNode;
}

/** The spans of one day, with what else can be done with it behind them. */
export function DayRow({ name, short, spans, onChange, wide, children }: RowProps) {
  const { w } = useWords();
  const fault = dayFault(spans);
  const put = (at: number, side: 0 | 1, text: string) => onChange(spans.map((span, one) => (one === at ? (side === 0 ? [text, span[1]] : [span[0], text]) : span)));
  return (
    <div className={css.day} role="group" aria-label={name} data-closed={!spans.length || undefined}>
      <span className={css.dayName} data-wide={wide || undefined}>{short}</span>
      <div className={css.spans}>
        {spans.map((span, at) => (
          // The spans of a day have no names but their places.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={at} className={css.span}>
            {([0, 1] as const).map((side) => (
              <TextInput
                key={side}
                size="xs"
                w={66}
                value={span[side]}
                inputMode="numeric"
                maxLength={5}
                error={Boolean(fault)}
                aria-label={w(side === 0 ? "hours.from" : "hours.to", { day: name, n: at + 1 })}
                onChange={(event) => put(at, side, event.currentTarget.value)}
                onBlur={() => put(at, side, tidyTime(span[side]))}
              />
            ))}
            <ActionIcon size={28} onClick={() => onChange(spans.filter((_, one) => one !== at))} aria-label={w("hours.remove", { day: name, n: at + 1 })}>
              <Icon name="close" size={15} />
            </ActionIcon>
          </div>
        ))}
        {!spans.length && <span className={css.closed}>{w("hours.closed")}</span>}
        {fault && <span className={css.fault}>{w(`hours_fault.${fault}`)}</span>}
      </div>
      <div className={css.dayActs}>
        {!wide && children}
        <ActionIcon size={28} onClick={() => onChange([...spans, nextSpan(spans)])} aria-label={w("hours.add", { day: name })}>
          <Icon name="plus" size={16} />
        </ActionIcon>
        {wide && children}
      </div>
    </div>
  );
}
