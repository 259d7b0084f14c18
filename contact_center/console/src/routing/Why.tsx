import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Decision, Routing } from "../api/generated";
import { useDirectory, useNames } from "../api/hooks";
import { get } from "../api/http";
import type { ContactRow } from "../api/types";
import { useI18n } from "../i18n";
import { clock, day, dayKey, full } from "../i18n/time";
import { serverNow } from "../ui/now";
import { Bones, Failed } from "../ui/states";
import { type Fact, namesFrom, Wording } from "./words";
import css from "./routing.module.css";

const AGAIN = 15_000; // what keeps a waiting contact changes without it

function Facts({ facts }: { facts: Fact[] }) {
  return (
    <table className={css.facts}>
      <tbody>
        {facts.map(([title, value]) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sentences({ said }: { said: string[] }) {
  return (
    <div className={css.said}>
      {said.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}

function Figures({ words, facts }: { words: Wording; facts: Fact[] }) {
  return (
    <details className={css.figures}>
      <summary>{words.w("way.figures")}</summary>
      <Facts facts={facts} />
    </details>
  );
}

function Timeline({ said, words }: { said: Routing; words: Wording }) {
  const i18n = useI18n();
  const decisions = new Map(said.decisions.map((one) => [one.offer_id, one]));
  return (
    <section aria-label={words.w("way.title")}>
      <h4>{words.w("way.title")}</h4>
      <ol className={css.way}>
        {said.timeline.map((step, at) => {
          const before = at ? (said.timeline[at - 1]?.at ?? step.at) : serverNow();
          const another = dayKey(i18n, before) !== dayKey(i18n, step.at);
          const earlier = step.code === "offered" && step.offer_id !== said.here?.offer_id ? decisions.get(step.offer_id ?? "") : undefined;
          return (
            <li key={`${step.at}${step.code}${step.offer_id ?? ""}`} data-code={step.code}>
              {another && <b>{day(i18n, step.at, serverNow())}</b>}
              <time dateTime={step.at} title={full(i18n, step.at)}>
                {clock(i18n, step.at)}
              </time>
              <span>
                {words.step(step)}
                {earlier?.reason && <Earlier decision={earlier} all={said.decisions} words={words} />}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Earlier({ decision, all, words }: { decision: Decision; all: Decision[]; words: Wording }) {
  return (
    <details className={css.figures}>
      <summary>{words.w("way.why")}</summary>
      <Sentences said={words.here(decision, all).slice(1)} />
    </details>
  );
}

function WhyNot({ id, offer, stamp }: { id: string; offer: string | undefined; stamp: string }) {
  const i18n = useI18n();
  const { data: directory } = useDirectory();
  const { queues } = useNames();
  const [who, setWho] = useState("");
  const answer = useQuery({
    queryKey: ["why-not", id, who, offer, stamp],
    queryFn: ({ signal }) => get("/contacts/{id}/routing/why-not/{employee_id}", { path: { id, employee_id: who }, query: { offer_id: offer }, signal }),
    enabled: Boolean(who),
    placeholderData: (held) => (held?.employee_id === who ? held : undefined),
  });
  const words = new Wording(i18n, namesFrom(answer.data ?? {}, queues));
  const people = (directory?.employees ?? []).filter((one) => one.role !== "light" && one.state === "active").toSorted((a, b) => a.name.localeCompare(b.name));
  return (
    <section className={css.whyNot}>
      <label>
        <span>{words.w("why_not.label")}</span>
        <select value={who} onChange={(event) => setWho(event.currentTarget.value)}>
          <option value="">{words.w("why_not.choose")}</option>
          {people.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <div role="status">
        {who && answer.isPending && <Bones rows={1} kind="line" />}
        {answer.isError && <Failed small error={answer.error} retry={() => void answer.refetch()} />}
        {answer.data && (
          <>
            <ul className={css.gates}>
              {answer.data.gates.map((gate) => (
                <li key={`${gate.code}${String(gate.values["skill"] ?? "")}`}>{words.gate(gate)}</li>
              ))}
            </ul>
            <small>{words.w(`why_not.${answer.data.as_of === "now" && answer.data.offer_id ? "gone" : answer.data.as_of}`, { time: clock(i18n, answer.data.at) })}</small>
          </>
        )}
      </div>
    </section>
  );
}

/** Why a contact is where it is, or why it still waits; what happened before; why not somebody else. */
export default function Why({ row }: { row: ContactRow }) {
  const i18n = useI18n();
  const { queues } = useNames();
  const waits = row.work?.state === "waiting";
  const stamp = `${row.version}.${row.work?.id ?? ""}.${row.work?.version ?? ""}`;
  const query = useQuery({
    queryKey: ["routing", row.id, stamp],
    queryFn: ({ signal }) => get("/contacts/{id}/routing", { path: { id: row.id }, signal }),
    refetchInterval: waits ? AGAIN : false,
    placeholderData: (held, before) => (before?.queryKey[1] === row.id ? held : undefined),
  });
  if (query.isError) return <Failed small error={query.error} retry={() => void query.refetch()} />;
  const said = query.data;
  if (!said) return <Bones rows={3} kind="line" />;
  const words = new Wording(i18n, namesFrom(said, queues));
  if (!said.timeline.length) return <p className={css.none}>{words.w("loading.none")}</p>;
  return (
    <div className={css.why}>
      {said.waiting && (
        <>
          <Sentences said={words.waiting(said.waiting, serverNow())} />
          <Figures words={words} facts={words.waitingFacts(said.waiting)} />
        </>
      )}
      {said.here && (
        <>
          <Sentences said={words.here(said.here, said.decisions)} />
          {said.here.reason && <Figures words={words} facts={words.facts(said.here.reason)} />}
        </>
      )}
      <WhyNot id={row.id} offer={said.here?.offer_id} stamp={stamp} />
      <Timeline said={said} words={words} />
    </div>
  );
}
