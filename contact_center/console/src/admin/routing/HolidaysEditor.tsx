/** Days on which a queue has other hours: one's own, and a country's public holidays to choose from. */
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../../api/http";
import { Icon } from "../../ui/Icon";
import { useNow } from "../../ui/now";
import { DayRow } from "../queues/HoursEditor";
import { useWords } from "../texts";
import { countryOf, dateWords, type Holidays, split, without } from "./holidays";
import { dateIn } from "./trial/windows";
import queueCss from "../queues/queues.module.css";
import css from "./routing.module.css";

interface EditorProps {
  holidays: Holidays;
  zone: string;
  onChange: (holidays: Holidays) => void;
  onShare: () => void;
  fault: (day: string) => string | undefined;
  readOnly: boolean;
}

const LASTING = { staleTime: Infinity };

function useNamesOf(country: string, years: readonly string[]) {
  const { locale } = useWords();
  const found = useQueries({ queries: years.map((year) => ({ ...LASTING, queryKey: ["admin", "/holidays", country, year, locale], queryFn: () => get("/holidays", { query: { country, year: Number(year), locale } }) })) });
  return new Map(found.flatMap((one) => one.data?.items.map(({ date, name }) => [date, name] as const) ?? []));
}

export function HolidaysEditor({ holidays, zone, onChange, onShare, fault, readOnly }: EditorProps) {
  const { w, locale } = useWords();
  const today = dateIn(zone, useNow(15_000));
  const [own, setOwn] = useState("");
  const [offered, setOffered] = useState(false);
  const [country, setCountry] = useState(() => countryOf(zone));
  const { ahead, past } = split(holidays, today);
  const names = useNamesOf(country, [...new Set(ahead.map((day) => day.slice(0, 4)))]);
  const add = (days: readonly string[]) => onChange({ ...holidays, ...Object.fromEntries(days.filter((day) => !(day in holidays)).map((day) => [day, []])) });
  const row = (day: string) => (
    <DayRow
      key={day}
      wide
      name={dateWords(day, locale)}
      short={
        <>
          {dateWords(day, locale)}
          {names.get(day) && <small>{names.get(day)}</small>}
          {fault(day) && <small className={css.fault}>{fault(day)}</small>}
        </>
      }
      spans={holidays[day] ?? []}
      onChange={(spans) => onChange({ ...holidays, [day]: spans })}
    >
      <ActionIcon size={28} onClick={() => onChange(without(holidays, day))} aria-label={w("holidays.remove", { day: dateWords(day, locale) })}>
        <Icon name="trash" size={15} />
      </ActionIcon>
    </DayRow>
  );
  return (
    <div className={css.stack}>
      {ahead.length > 0 && <div className={queueCss.week}>{ahead.map(row)}</div>}
      {!ahead.length && <p className={css.none}>{w("holidays.none")}</p>}
      {past.length > 0 && (
        <details>
          <summary>{w("holidays.past", { n: past.length })}</summary>
          <div className={queueCss.week}>{past.map(row)}</div>
        </details>
      )}
      {!readOnly && (
        <div className={css.bar}>
          <TextInput type="date" label={w("holidays.own")} w={170} min={today} max="2100-12-31" value={own} onChange={(event) => setOwn(event.currentTarget.value)} />
          <Button variant="default" disabled={!own || own in holidays} onClick={() => { add([own]); setOwn(""); }} leftSection={<Icon name="plus" size={15} />}>
            {w("holidays.add")}
          </Button>
          <Button variant="default" aria-expanded={offered} onClick={() => setOffered(!offered)} leftSection={<Icon name="calendar" size={15} />}>
            {w("holidays.offer")}
          </Button>
          {Object.keys(holidays).length > 0 && (
            <Button variant="subtle" color="gray" onClick={onShare}>
              {w("holidays.share")}
            </Button>
          )}
        </div>
      )}
      {offered && !readOnly && <Offered country={country} onCountry={setCountry} holidays={holidays} today={today} onAdd={add} />}
    </div>
  );
}

interface OfferedProps {
  country: string;
  onCountry: (country: string) => void;
  holidays: Holidays;
  today: string;
  onAdd: (days: string[]) => void;
}

/** The public holidays of a country and year that are still ahead. */
function Offered({ country, onCountry, holidays, today, onAdd }: OfferedProps) {
  const { w, locale } = useWords();
  const first = Number(today.slice(0, 4));
  const [year, setYear] = useState(today.slice(5) >= "11" ? first + 1 : first);
  const [not, setNot] = useState<ReadonlySet<string>>(new Set());
  const countries = useQuery({ ...LASTING, queryKey: ["admin", "/holidays/countries"], queryFn: () => get("/holidays/countries") });
  const found = useQuery({ ...LASTING, queryKey: ["admin", "/holidays", country, String(year), locale], queryFn: () => get("/holidays", { query: { country, year, locale } }) });
  const called = new Intl.DisplayNames([locale], { type: "region" });
  const choices = (countries.data?.items ?? [country]).map((code) => ({ value: code, label: called.of(code) ?? code })).sort((a, b) => a.label.localeCompare(b.label, locale));
  const free = (found.data?.items ?? []).filter((one) => one.date >= today && !(one.date in holidays));
  const chosen = free.filter((one) => !not.has(one.date)).map((one) => one.date);
  const toggle = (day: string) => setNot((held) => new Set(held.has(day) ? [...held].filter((one) => one !== day) : [...held, day]));
  return (
    <section className={css.offered} aria-label={w("holidays.offer")}>
      <div className={css.bar}>
        <Select label={w("holidays.country")} searchable w={240} allowDeselect={false} data={choices} value={country} onChange={(code) => code && onCountry(code)} nothingFoundMessage={w("list.nothing")} />
        <Select label={w("holidays.year")} w={110} allowDeselect={false} data={[first, first + 1, first + 2].map(String)} value={String(year)} onChange={(value) => value && setYear(Number(value))} />
      </div>
      {found.isError && <p className={css.fault} role="alert">{w("holidays.failed")}</p>}
      {found.data && !free.length && <p className={css.none}>{w("holidays.all_there")}</p>}
      <ul>
        {free.map((one) => (
          <li key={one.date}>
            <label>
              <input type="checkbox" checked={!not.has(one.date)} onChange={() => toggle(one.date)} />
              <b>{dateWords(one.date, locale)}</b>
              <span>{one.name}</span>
            </label>
          </li>
        ))}
      </ul>
      {free.length > 0 && (
        <div className={css.bar}>
          <Button disabled={!chosen.length} onClick={() => onAdd(chosen)}>
            {w("holidays.take", { n: chosen.length })}
          </Button>
          <span className={css.none}>{w("holidays.take_text")}</span>
        </div>
      )}
    </section>
  );
}
